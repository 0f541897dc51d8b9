package dev.crossfade.capture.log;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Lsn;
import java.util.Optional;

/** One thing that the log says. Immutable; whoever gets one leaves the bytes of a message alone. */
public sealed interface LogEvent {
  /** Where in the log it was written; the rows of a COPY share theirs. */
  Lsn lsn();

  /** A transaction that was committed begins; all of it follows, and nothing of others. */
  record Begin(LogTransaction transaction, Lsn lsn) implements LogEvent {}

  /** It ends, at its commit. */
  record End(LogTransaction transaction, Lsn lsn) implements LogEvent {}

  /**
   * One row was changed, or a table was emptied, which has no rows.
   *
   * @param before what the server says of the row as it was: with a primary key as replica identity
   *     that is the key, if it has changed or the row is gone, and all other columns are null
   * @param after the row as it is since then
   */
  record Change(
      LogTransaction transaction,
      Lsn lsn,
      ChangeEvent.Op op,
      TableTold table,
      Optional<Image> before,
      Optional<Image> after)
      implements LogEvent {}

  /**
   * Somebody called {@code pg_logical_emit_message}.
   *
   * @param transaction empty if it was to go out at once, whatever becomes of the transaction
   */
  record Message(Optional<LogTransaction> transaction, Lsn lsn, String prefix, byte[] content)
      implements LogEvent {}
}
