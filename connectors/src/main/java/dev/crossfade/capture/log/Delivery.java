package dev.crossfade.capture.log;

import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * All that a task hands on at one time, as one record to the engine, which passes each record
 * through other threads. Immutable.
 */
final class Delivery extends SourceRecord {
  private final List<LogEvent> events;

  /**
   * @param source what the engine calls the source, in its offsets
   */
  Delivery(Map<String, String> source, List<LogEvent> events) {
    super(source, Map.of(), "log", null, null, null, null);
    this.events = events;
  }

  List<LogEvent> events() {
    return events;
  }

  /** What the engine is to remember of an END, to release the slot up to there. */
  static Map<String, ?> offset(LogEvent.End end) {
    long lsn = end.lsn().value();
    var committed = end.transaction().committed();
    return Map.of(
        "lsn",
        lsn,
        "lsn_proc",
        lsn,
        "lsn_commit",
        lsn,
        "txId",
        Long.valueOf(end.transaction().xid()),
        "ts_usec",
        committed.getEpochSecond() * 1_000_000 + committed.getNano() / 1_000,
        "messageType",
        "COMMIT");
  }
}
