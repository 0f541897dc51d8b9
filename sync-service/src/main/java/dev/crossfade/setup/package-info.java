/**
 * What happens before and after the flow: reaching the databases, checking everything at once, the
 * script for the stores' roles, and taking everything away again. Imported by command and service.
 * Invariant: a check changes nothing.
 */
package dev.crossfade.setup;
