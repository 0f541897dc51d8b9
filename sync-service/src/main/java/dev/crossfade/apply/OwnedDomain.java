package dev.crossfade.apply;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.mapping.Dirty;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A domain while this instance owns it: what comes out of its topic goes into its store. After any
 * exception it is closed; the next one starts from what is durable. Owned by the thread that
 * applies the domain.
 */
final class OwnedDomain implements AutoCloseable {
  /** A batch is at least one poll's whole transactions and at most about this many changes. */
  private static final int BATCH = 10_000;

  /** What is held in memory at once, in bytes of records: rows may be large. */
  private static final long BYTES = 32L * 1024 * 1024;

  /** A transaction larger than this goes into the mirror in parts. */
  private static final int SPILL = 20_000;

  /**
   * So long a generation that has a hole may go on, by the source's clock and by ours: what a
   * producer still had to send when it failed comes at once, and so does what is read long after.
   */
  private static final Duration HOLE = Duration.ofSeconds(4);

  private final Domain domain;
  private final StoreSession session;
  private final Intake intake;
  private final ApplyBoard board;

  private long bytes;
  private long wholeAt = System.nanoTime();

  OwnedDomain(Domain domain, StoreSession session, Intake intake, ApplyBoard board) {
    this.domain = domain;
    this.session = session;
    this.intake = intake;
    this.board = board;
  }

  /** Takes records in, applies whole transactions, derives what waits. */
  void apply(List<Received> records) throws SQLException {
    for (Received received : records) {
      take(received);
    }
    flush();
    checkHole();
    session.deriveWaiting();
  }

  /** Whether nothing of the topic counts until the next load in it. */
  boolean gap() {
    return intake.gap();
  }

  /** Whether records are missing that capture may send again. */
  boolean hole() {
    return intake.isVoid();
  }

  Progress durable() {
    return session.durable();
  }

  Dirty.Counts counts() {
    return session.counts();
  }

  /** Forgets what no record in the topic can ask for any more. */
  void forget(Duration retention) throws SQLException {
    session.forget(retention);
  }

  @Override
  public void close() {
    session.close();
  }

  private void take(Received received) throws SQLException {
    long offset = received.offset();
    if (received.broken().isPresent()) {
      if (intake.gap()) {
        return; // nothing counts until the next load anyway
      }
      throw new GapException(
          "topic %s, offset %d: %s; nobody but Crossfade may write to its topics, load domain %s again"
              .formatted(domain.topic(), offset, received.broken().get(), domain.name()));
    }
    TopicRecord topicRecord = received.topicRecord();
    Stamp stamp = received.stamp();
    if (topicRecord instanceof GenerationStart || changesReference(topicRecord)) {
      // A reference that feeds `once` columns must not be newer than the transactions before it.
      flush();
    }
    if (!intake.accepts(stamp, topicRecord, offset)) {
      return;
    }
    if (topicRecord instanceof GenerationStart start) {
      session.begin(start, intake.begin(stamp, start, offset));
    } else if (topicRecord instanceof LoadEnd end) {
      flush();
      spill();
      session.endLoad(end, intake.end(stamp, end, offset));
    } else {
      intake.take(stamp, received.last(), topicRecord, offset);
      bytes += received.bytes();
      if (intake.wholeSize() >= BATCH || bytes >= BYTES) {
        flush();
      }
      if (intake.openSize() >= SPILL || bytes >= BYTES && intake.openSize() > 0) {
        flush();
        spill();
      }
    }
    board.took();
  }

  private boolean changesReference(TopicRecord topicRecord) {
    return topicRecord instanceof ChangeEvent change
        && domain
            .table(change.table())
            .map(table -> table.role() instanceof CapturedTable.Reference)
            .orElse(false);
  }

  private void flush() throws SQLException {
    Intake.Batch batch = intake.drain();
    if (intake.openSize() == 0) {
      bytes = 0;
    }
    if (batch.isEmpty()) {
      return;
    }
    session.apply(batch);
    board.through(batch.commits());
    batch.markers().forEach(marker -> board.markerThrough(marker.ts()));
  }

  /**
   * Capture sends again what Kafka did not take, in a new generation; what Kafka lost it does not.
   */
  private void checkHole() {
    long now = System.nanoTime();
    if (!intake.isVoid()) {
      wholeAt = now;
    } else if (now - wholeAt >= HOLE.toNanos() && intake.goesOnAfterHole().compareTo(HOLE) >= 0) {
      throw intake.lost();
    }
  }

  private void spill() throws SQLException {
    Optional<Intake.Batch> part = intake.drainOpen();
    if (part.isPresent()) {
      session.spill(part.get());
      bytes = 0;
    }
  }
}
