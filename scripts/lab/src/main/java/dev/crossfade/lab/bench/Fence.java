package dev.crossfade.lab.bench;

/**
 * What is written behind everything that was committed before it: an order with one item, and
 * behind them a message in the legacy's log.
 *
 * @param id the id of the order and of the item; it is in the message's content, too
 * @param lsn the message's place in the log
 */
record Fence(String id, long lsn) {}
