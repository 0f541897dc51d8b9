package dev.crossfade.lab.bench;

/**
 * A message in the legacy's log behind everything that was written before it.
 *
 * @param id names it in its content
 * @param lsn its place in the log
 */
record Fence(String id, long lsn) {}
