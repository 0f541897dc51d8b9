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
import dev.crossfade.event.Stamp;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of much, the store is at work while the next records are read. */
class OwnedDomainTest {
  private static final Changes ITEM = new Changes("item", "id");
  private static final int MUCH = 2 * TopicReader.MUCH;
  private static final WatchedStore.Sent NOTHING = sql -> {};

  /** Is told each statement, by the thread that sends it. */
  private final AtomicReference<WatchedStore.Sent> sent = new AtomicReference<>(NOTHING);

  private StoreFixture store;
  private OwnedDomain owned;
  private long next;

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
            domain, "legacy", WatchedStore.of(store.pool(), sql -> sent.get().text(sql)), "test");
    var intake = new Intake(domain.name(), session.durable(), false, session.newestGeneration());
    owned = new OwnedDomain(domain, session, intake, new ApplyBoard());
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
    return new Received(next, new Stamp(1, next++), topicRecord, true, 100, Optional.empty());
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
    var reached = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    sent.set(
        sql -> {
          reached.countDown();
          await(goOn);
        });
    Progress before = owned.durable();
    owned.apply(items(MUCH));
    await(reached);
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
    var goOn = new CountDownLatch(1);
    sent.set(sql -> await(goOn));
    owned.apply(items(MUCH));
    next++; // is missing
    owned.apply(List.of(marker(0), marker(60)));
    assertTrue(owned.hole());
    Thread.sleep(5_000); // longer than a hole may last
    owned.apply(List.of(marker(61)));
    goOn.countDown();
    FlowFixture.await("the store", Duration.ofSeconds(60), () -> !owned.busy());
    owned.apply(List.of(marker(62)));
    assertEquals("" + MUCH, rows());
  }

  private Received marker(int second) {
    Instant written = Instant.EPOCH.plusSeconds(second);
    var position = new Position(1, new Lsn(100 + 2 * next), new Lsn(100 + 2 * next));
    return received(new Marker("m" + second, Marker.Kind.HEARTBEAT, position, written));
  }

  private Received broken() {
    return new Received(next++, null, null, false, 0, Optional.of("is none of ours"));
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
    var reached = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    sent.set(
        sql -> {
          reached.countDown();
          await(goOn);
        });
    owned.apply(items(MUCH));
    await(reached);
    var closed = CompletableFuture.runAsync(owned::close);
    Thread.sleep(200);
    assertFalse(closed.isDone(), "the store is still at work");
    goOn.countDown();
    closed.get(60, TimeUnit.SECONDS);
    assertEquals("" + MUCH, rows());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
