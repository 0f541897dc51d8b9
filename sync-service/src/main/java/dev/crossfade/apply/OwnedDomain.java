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
import java.util.function.LongSupplier;

/**
 * A domain while this instance owns it: what comes out of its topic goes into its store. After any
 * exception it is closed; the next one starts from what is durable. For the thread that applies the
 * domain; of much, what there is to do in the store is left to others ({@link StoreThreads}).
 */
final class OwnedDomain implements AutoCloseable {
  /** A batch is read as large as the store takes in a second, but not below or above these. */
  private static final int SMALLEST = 5_000;

  private static final int LARGEST = 20_000;

  /** What was read beyond that, as a poll is not cut, may go into the same batch. */
  private static final int BEYOND = 5_000;

  /** What is held in memory at once, in bytes of records: rows may be large. */
  private static final long BYTES = 32L * 1024 * 1024;

  /** A transaction larger than this goes into the mirror in parts. */
  private static final int SPILL = 20_000;

  /** The same in bytes: the store may be at work on one part while the next is read. */
  private static final long PART = BYTES / 2;

  /**
   * So long a generation that has a hole may go on, by the source's clock and by ours: what a
   * producer still had to send when it failed comes at once, and so does what is read long after.
   */
  private static final Duration HOLE = Duration.ofSeconds(4);

  private final Domain domain;
  private final StoreSession session;
  private final StoreThreads store;
  private final Intake intake;
  private final ApplyBoard board;
  private final LongSupplier clock;

  /** What the session had when it was last asked. */
  private Progress durable;

  private Dirty.Counts counts;

  /** Of the whole transactions that were taken in, and of the open one. */
  private long bytes;

  private long openBytes;

  /** Since when there is a hole and the store has nothing to do, by our clock. */
  private Optional<Long> holeSince = Optional.empty();

  OwnedDomain(Domain domain, StoreSession session, Intake intake, ApplyBoard board) {
    this(domain, session, intake, board, System::nanoTime);
  }

  /**
   * @param clock in nanoseconds, from anywhere
   */
  OwnedDomain(
      Domain domain, StoreSession session, Intake intake, ApplyBoard board, LongSupplier clock) {
    this.domain = domain;
    this.session = session;
    this.store = new StoreThreads(domain.name(), clock);
    this.intake = intake;
    this.board = board;
    this.clock = clock;
    this.durable = session.durable();
    this.counts = session.counts();
  }

  /**
   * Takes records in, applies whole transactions, derives what waits. Of much, the store may still
   * be at work when this returns.
   *
   * @throws SQLException also of the work that was left to the store before
   */
  void apply(List<Received> records) throws SQLException {
    for (Received received : records) {
      take(received);
    }
    flush();
    if (store.busy()) {
      holeSince = Optional.empty(); // the store's time is no time to wait for what is missing
      return;
    }
    StoreSession resting = atRest();
    checkHole();
    derive(resting);
  }

  /** Some of what waits, while nothing else is at work. */
  private void derive(StoreSession resting) throws SQLException {
    boolean derived = false;
    try {
      for (Waiting part : resting.waiting(store.soon())) {
        store.hand(part, 0, 0);
      }
      atRest();
      derived = true;
    } finally {
      if (!derived) {
        resting.waitingFailed();
      }
    }
  }

  /** Whether the store is at work on what was read before. */
  boolean busy() {
    return store.busy();
  }

  /**
   * How many records are to be read into a batch at most: what the store took in a second when it
   * last had much to do. Nobody is to wait long for the rows that a batch has locked, nor to do
   * much again when one has failed.
   */
  int most() {
    return Math.max(SMALLEST, Math.min(LARGEST, store.aSecond()));
  }

  /** Records that the store has to do with and that are not known to be durable. */
  int waiting() {
    return store.waiting();
  }

  /** The session, once the store has done what was left to it. */
  private StoreSession atRest() throws SQLException {
    store.settle();
    durable = session.durable();
    counts = session.counts();
    return session;
  }

  /** Whether nothing of the topic counts until the next load in it. */
  boolean gap() {
    return intake.gap();
  }

  /** Whether records are missing that capture may send again. */
  boolean hole() {
    return intake.isVoid();
  }

  /** What the store is known to have. */
  Progress durable() {
    return durable;
  }

  /** What is known to wait there. */
  Dirty.Counts counts() {
    return counts;
  }

  /** Whether some of what waits can be derived: not while a transaction is half in the mirror. */
  boolean derives() {
    return counts.waiting() > 0 && durable.open().isEmpty();
  }

  /** Forgets what no record in the topic can ask for any more. */
  void forget(Duration retention) throws SQLException {
    atRest().forget(retention);
  }

  @Override
  public void close() {
    try {
      store.close();
    } finally {
      session.close();
    }
  }

  private void take(Received received) throws SQLException {
    long offset = received.offset();
    TopicRecord topicRecord = received.topicRecord();
    if (topicRecord instanceof GenerationStart || changesReference(topicRecord)) {
      // A reference that feeds `once` columns must not be newer than the transactions before it.
      flush();
    }
    if (!accepts(received)) {
      return;
    }
    Stamp stamp = received.stamp();
    if (topicRecord instanceof GenerationStart start) {
      atRest().begin(start, intake.begin(stamp, start, offset));
    } else if (topicRecord instanceof LoadEnd end) {
      flush();
      spill();
      atRest().endLoad(end, intake.end(stamp, end, offset));
    } else {
      intake.take(stamp, received.last(), topicRecord, offset);
      openBytes += received.bytes();
      if (received.last()) {
        bytes += openBytes;
        openBytes = 0;
      }
      while (store.bytes() > 0 && store.bytes() + bytes + openBytes >= BYTES) {
        store.settleFirst();
      }
      if (intake.wholeSize() >= most() + BEYOND || bytes + openBytes >= BYTES) {
        flush();
      }
      if (intake.openSize() >= SPILL || openBytes >= PART) {
        flush();
        spill();
      }
    }
    board.took();
  }

  /** Whether the record counts. What comes before a gap does: it is durable, or tried again. */
  private boolean accepts(Received received) throws SQLException {
    try {
      if (received.broken().isEmpty()) {
        return intake.accepts(received.stamp(), received.topicRecord(), received.offset());
      } else if (intake.gap()) {
        return false; // nothing counts until the next load anyway
      }
      throw new GapException(
          "topic %s, offset %d: %s; nobody but Crossfade may write to its topics, load domain %s again"
              .formatted(
                  domain.topic(), received.offset(), received.broken().get(), domain.name()));
    } catch (GapException e) {
      flush();
      atRest();
      throw e;
    }
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
    long held = bytes;
    bytes = 0;
    if (intake.openSize() == 0) {
      openBytes = 0; // also of a transaction that was given up
    }
    if (!batch.isEmpty()) {
      apply(batch, held);
    }
  }

  /** A part of the open transaction, or of a load. */
  private void spill() throws SQLException {
    Optional<Intake.Batch> part = intake.drainOpen();
    long held = openBytes;
    openBytes = 0;
    if (part.isPresent()) {
      apply(part.get(), held);
    }
  }

  /** Of much, leaves it to the store's threads. */
  private void apply(Intake.Batch batch, long held) throws SQLException {
    if (batch.changes().size() < StoreThreads.MUCH) {
      atRest().apply(batch);
      through(batch);
    } else {
      int records = batch.changes().size() + batch.markers().size();
      StoreSession.Applying applying = session.applying(batch, store.waiting() > 0);
      store.hand(new Handed(batch.withoutChanges(), applying), records, held);
      durable = session.durable();
      counts = session.counts();
    }
  }

  private void through(Intake.Batch batch) {
    board.through(batch.commits());
    batch.markers().forEach(marker -> board.markerThrough(marker.ts()));
  }

  /** A batch that is left to the store, and what is to be derived after it. */
  private final class Handed implements StoreThreads.Work {
    private final Intake.Batch batch;
    private final StoreSession.Applying applying;

    Handed(Intake.Batch batch, StoreSession.Applying applying) {
      this.batch = batch;
      this.applying = applying;
    }

    @Override
    public void ahead() throws SQLException {
      applying.ahead();
    }

    @Override
    public void takeBack() throws SQLException {
      applying.takeBack();
    }

    @Override
    public boolean batch() {
      return applying.batch();
    }

    @Override
    public void run() throws SQLException {
      applying.run();
      through(batch);
      applying.deriveWaiting();
    }
  }

  /**
   * Capture sends again what Kafka did not take, in a new generation; what Kafka lost it does not.
   */
  private void checkHole() {
    if (!intake.isVoid()) {
      holeSince = Optional.empty();
      return;
    }
    long now = clock.getAsLong();
    long since = holeSince.orElse(now);
    holeSince = Optional.of(since);
    if (now - since >= HOLE.toNanos() && intake.goesOnAfterHole().compareTo(HOLE) >= 0) {
      throw intake.lost();
    }
  }
}
