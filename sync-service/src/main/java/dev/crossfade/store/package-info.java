/**
 * What every room that speaks SQL to a store shares: Crossfade's own tables, quoting, statements
 * that travel together, arrays in the form that the server takes without parsing, and the one place
 * that decides what a failure means. Imported by mirror, mapping and apply. Invariant: a failure is
 * classified by SQLSTATE, never by its text.
 */
package dev.crossfade.store;
