package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.fixture.WatchedStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of much, the store is at work while the next records are read. */
class OwnedDomainTest {
  private static final Changes ITEM = new Changes("item", "id");
  private static final int MUCH = 2 * StoreThreads.MUCH;
  private static final WatchedStore.Sent NOTHING = sql -> {};

  /** Longer than a hole may last. */
  private static final Duration LONG = Duration.ofSeconds(5);

  /** Is told each statement, by the thread that sends it. */
  private final AtomicReference<WatchedStore.Sent> sent = new AtomicReference<>(NOTHING);

  /** What the domain takes for the time, in nanoseconds. */
  private final AtomicLong clock = new AtomicLong();

  /** Whether a store that stands still has come to its first statement. */
  private CountDownLatch reached = new CountDownLatch(0);

  private StoreFixture store;
  private OwnedDomain owned;
  private long next;
  private int bytes = 100;

  @BeforeEach
  void loaded() throws Exception {
    store =
        new StoreFixture("create table items (id int primary key)")
            .captures("item", "id", 1, "id integer");
    Domain domain =
        store.domain(
            StoreFixture.target(
                "items", "id", "id", "SELECT id FROM legacy.item WHERE id = any(:keys)"));
    var session =
        new StoreSession(
            domain,
            "legacy",
            WatchedStore.of(store.pool(), sql -> sent.get().text(sql)),
            "test",
            true,
            new Reliance());
    var intake = new Intake(domain.name(), session.durable(), false, session.newestGeneration());
    owned = new OwnedDomain(domain, session, intake, new ApplyBoard(), clock::get);
    owned.apply(
        List.of(
            received(
                new GenerationStart(
                    "legacy", 1, Optional.empty(), true, store.shapes(), Instant.EPOCH)),
            received(new LoadEnd(1, 0, Instant.EPOCH))));
  }

  @AfterEach
  void close() throws Exception {
    sent.set(NOTHING);
    try {
      owned.close();
    } finally {
      store.close();
    }
  }

  private Received received(TopicRecord topicRecord) {
    return new Received(next, 1, next++, topicRecord, true, bytes, Optional.empty());
  }

  private List<Received> items(int number) {
    var received = new ArrayList<Received>();
    for (int i = 0; i < number; i++) {
      long lsn = 100 + 2 * next;
      received.add(received(ITEM.create(lsn, lsn + 1, "id=" + next)));
    }
    return received;
  }

  private String rows() throws Exception {
    return store.query("select count(*) from items").get(0);
  }

  @Test
  void ofMuchTheNextIsReadWhileTheStoreIsAtWork() throws Exception {
    Progress before = owned.durable();
    CountDownLatch goOn = leaveToStandStill();
    assertTrue(owned.busy());
    assertEquals(MUCH, owned.waiting(), "read, and not durable");
    assertEquals(before, owned.durable());
    assertEquals("0", rows());
    goOn.countDown();
    owned.apply(items(1));
    assertFalse(owned.busy());
    assertEquals(0, owned.waiting());
    assertEquals(next, owned.durable().place().nextOffset());
    assertEquals("" + (MUCH + 1), rows());
  }

  /** Rows may be large: what the store has and what is read share one bound. */
  @Test
  void aLargeTransactionIsNotReadBesideALargeBatch() throws Exception {
    bytes = 20 * 1024 * 1024 / MUCH;
    CountDownLatch goOn = leaveToStandStill();
    List<Received> open = items(MUCH);
    open.replaceAll(OwnedDomainTest::open);
    var reading = new FutureTask<>(() -> applied(open));
    assertWaits(new Thread(reading));
    goOn.countDown();
    reading.get(60, TimeUnit.SECONDS);
    assertEquals("" + MUCH, rows());
  }

  /** As all of a load is one transaction, which the store has in parts before it ends. */
  @Test
  void ofALoadTheNextIsReadWhileTheStoreIsAtWork() throws Exception {
    int number = 20_000;
    CountDownLatch goOn = standStill();
    owned.apply(loading(number));
    await(reached);
    assertTrue(owned.busy());
    assertEquals(number, owned.waiting());
    goOn.countDown();
    owned.apply(List.of(received(new LoadEnd(2, number, Instant.EPOCH))));
    FlowFixture.await(
        "all to be derived",
        Duration.ofSeconds(60),
        () -> {
          owned.apply(List.of());
          return owned.counts().none();
        });
    assertEquals("" + number, rows());
    assertEquals(next, owned.durable().place().nextOffset());
  }

  /** A load begins, and reads so many rows. */
  private List<Received> loading(int number) {
    var received = new ArrayList<Received>();
    received.add(
        received(
            new GenerationStart(
                "legacy", 2, Optional.empty(), true, store.shapes(), Instant.EPOCH)));
    for (int id = 0; id < number; id++) {
      received.add(open(received(ITEM.read(2, "id=" + id))));
    }
    return received;
  }

  /** The same record in the middle of a transaction. */
  private static Received open(Received r) {
    return new Received(
        r.offset(), r.generation(), r.sequence(), r.topicRecord(), false, r.bytes(), r.broken());
  }

  private Void applied(List<Received> records) throws SQLException {
    owned.apply(records);
    return null;
  }

  @Test
  void asMuchIsReadAsTheStoreTakesInASecond() throws Exception {
    assertEquals(5_000, owned.most(), "not known yet");
    afterABatchThatTook(Duration.ofMillis(125));
    assertEquals(8 * MUCH, owned.most());
    afterABatchThatTook(Duration.ofMillis(1));
    assertEquals(20_000, owned.most());
    afterABatchThatTook(Duration.ofSeconds(2));
    assertEquals(5_000, owned.most());
  }

  /** What was read is one batch of a store that is fast, and parts of one that is not known yet. */
  @Test
  void moreThanTheStoreMayTakeIsHandedOverInParts() throws Exception {
    int number = 22_000;
    CountDownLatch goOn = standStill();
    var reading = new FutureTask<>(() -> applied(items(number)));
    assertWaits(new Thread(reading));
    goOn.countDown();
    reading.get(60, TimeUnit.SECONDS);
    FlowFixture.await("the store", Duration.ofSeconds(60), () -> !owned.busy());
    afterABatchThatTook(Duration.ofMillis(1));
    CountDownLatch goOnAgain = standStill();
    owned.apply(items(number));
    assertEquals(number, owned.waiting());
    goOnAgain.countDown();
  }

  private void afterABatchThatTook(Duration time) throws Exception {
    CountDownLatch goOn = leaveToStandStill();
    clock.addAndGet(time.toNanos());
    sent.set(NOTHING);
    goOn.countDown();
    owned.apply(items(1));
  }

  /** What the store has is not counted again with the transaction that was open meanwhile. */
  @Test
  void aTransactionThatIsOpenBesideABatchDoesNotGoInPartsForThat() throws Exception {
    bytes = 5 * 1024 * 1024;
    for (int i = 0; i < 8; i++) {
      List<Received> records = items(2);
      records.set(1, open(records.get(1)));
      owned.apply(records);
      assertEquals(Optional.empty(), owned.durable().open());
    }
  }

  @Test
  void littleIsDurableAtOnce() throws Exception {
    var threads = new ArrayList<Thread>();
    sent.set(sql -> threads.add(Thread.currentThread()));
    owned.apply(items(3));
    assertEquals("3", rows());
    assertEquals(next, owned.durable().place().nextOffset());
    assertFalse(threads.isEmpty());
    assertTrue(threads.stream().allMatch(Thread.currentThread()::equals));
  }

  @Test
  void whatFailsInTheStoreIsThrownToWhoeverReadsOn() throws Exception {
    Progress before = owned.durable();
    leaveToFail();
    SQLException failure = assertThrows(SQLException.class, () -> owned.apply(items(1)));
    assertEquals("40001", failure.getSQLState());
    assertEquals(before, owned.durable());
    assertEquals("0", rows(), "nothing goes on behind a failure");
  }

  /** A gap is passed over until the next load, a failure is tried again. */
  @Test
  void aGapDoesNotHideThatTheBatchBeforeItHasFailed() throws Exception {
    leaveToFail();
    assertThrows(SQLException.class, () -> owned.apply(List.of(broken())));
    assertEquals("0", rows());
  }

  @Test
  void whatComesBeforeAGapIsDurable() throws Exception {
    List<Received> records = items(MUCH);
    long good = next;
    records.add(broken());
    assertThrows(GapException.class, () -> owned.apply(records));
    assertEquals(good, owned.durable().place().nextOffset());
    assertEquals("" + MUCH, rows());
  }

  /** A store that is slow is no proof that Kafka has lost what is missing. */
  @Test
  void aHoleIsNotCountedWhileTheStoreIsAtWork() throws Exception {
    CountDownLatch goOn = leaveToStandStill();
    next++; // is missing
    owned.apply(List.of(marker(0), marker(60)));
    assertTrue(owned.hole());
    clock.addAndGet(LONG.toNanos());
    owned.apply(List.of(marker(61)));
    goOn.countDown();
    FlowFixture.await("the store", Duration.ofSeconds(60), () -> !owned.busy());
    owned.apply(List.of(marker(62)));
    assertEquals("" + MUCH, rows());
    clock.addAndGet(LONG.toNanos());
    assertThrows(GapException.class, () -> owned.apply(List.of(marker(63))));
  }

  private Received marker(int second) {
    Instant written = Instant.EPOCH.plusSeconds(second);
    var position = new Position(1, new Lsn(100 + 2 * next), new Lsn(100 + 2 * next));
    return received(new Marker("m" + second, Marker.Kind.HEARTBEAT, position, written));
  }

  private Received broken() {
    return new Received(next++, 0, 0, null, false, 0, Optional.of("is none of ours"));
  }

  /** Leaves a batch to the store, which fails when {@code apply} has returned. */
  private void leaveToFail() throws Exception {
    var goOn = new CountDownLatch(1);
    sent.set(
        sql -> {
          await(goOn);
          throw new SQLException("once", "40001");
        });
    owned.apply(items(MUCH));
    goOn.countDown();
    FlowFixture.await("the failure", Duration.ofSeconds(60), () -> !owned.busy());
    sent.set(NOTHING);
  }

  @Test
  void whoGivesTheDomainUpWaitsForTheStore() throws Exception {
    CountDownLatch goOn = leaveToStandStill();
    var closing = new Thread(owned::close);
    assertWaits(closing);
    goOn.countDown();
    closing.join(60_000);
    assertFalse(closing.isAlive());
    assertEquals("" + MUCH, rows());
  }

  /** Leaves a batch to the store, which stands still at its first statement until it may go on. */
  private CountDownLatch leaveToStandStill() throws Exception {
    CountDownLatch goOn = standStill();
    owned.apply(items(MUCH));
    await(reached);
    return goOn;
  }

  /** The store stands still at its next statement until it may go on. */
  private CountDownLatch standStill() {
    reached = new CountDownLatch(1);
    CountDownLatch now = reached;
    var goOn = new CountDownLatch(1);
    sent.set(
        sql -> {
          if (Thread.currentThread().getName().startsWith("store-")) {
            now.countDown();
            await(goOn);
          }
        });
    return goOn;
  }

  /** Starts a thread, which must wait for the store that is at work. */
  private static void assertWaits(Thread thread) throws Exception {
    thread.start();
    FlowFixture.await(
        "a thread that waits",
        Duration.ofSeconds(60),
        () -> thread.getState() == Thread.State.WAITING || !thread.isAlive());
    assertTrue(thread.isAlive(), "the store is still at work");
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
