/**
 * Stands between the flow and its surroundings: failpoints, the death of a process, deliberate bugs
 * of the protocol. Imported by the tests that play histories. Invariant: the flow behind it is the
 * one that runs in production, wired with other clients.
 */
package dev.crossfade.faults;
