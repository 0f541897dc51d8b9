package dev.crossfade.lab.bench;

import java.util.Optional;

/**
 * What is written behind everything that was committed before it: one row of each table comes, one
 * goes, and behind them is a message in the legacy's log.
 *
 * @param id of the order and of the item that come; it is in the message's content, too
 * @param gone of the order and of the item that go, if there was a fence before
 * @param lsn the message's place in the log
 */
record Fence(String id, Optional<String> gone, long lsn) {}
