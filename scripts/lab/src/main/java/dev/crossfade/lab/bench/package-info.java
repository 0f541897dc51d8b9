/**
 * The benchmark: what a pipeline does with a backlog, with steady traffic and with a first load,
 * and what it costs. Imported by nobody. Invariant: no figure without a right result: what a
 * pipeline wrote is compared with hand-written SQL over the legacy before a run counts.
 */
package dev.crossfade.lab.bench;
