package dev.crossfade.capture.log;

import java.time.Instant;

/**
 * A transaction of the source, as its log says it. Immutable.
 *
 * @param xid its id, as text
 * @param committed by the source's clock, to the microsecond
 * @param origin where it was replicated from ({@code pg_replication_origin}), empty if it was made
 *     here
 */
public record LogTransaction(String xid, Instant committed, String origin) {
  LogTransaction from(String where) {
    return new LogTransaction(xid, committed, where);
  }
}
