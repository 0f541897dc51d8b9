/**
 * The mapping: one SELECT a target over the mirror, and deriving: writing what differs into the
 * service's tables, deleting what is no longer derived, parking what cannot be derived. Imported by
 * apply and by the check command. What ends in Sql makes statements; derivations run them.
 * Invariant: a service row changes only if its derived value does.
 */
package dev.crossfade.mapping;
