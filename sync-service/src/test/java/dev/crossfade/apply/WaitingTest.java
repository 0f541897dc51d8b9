package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.mapping.Dirty;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of many aggregates that wait, two parts are derived side by side, and nobody can tell. */
class WaitingTest {
  /** More than one part. */
  private static final int MANY = 4_500;

  /** What waits is taken in the order of its texts: the first and the last of these. */
  private static final String FIRST = "1";

  private static final String LAST = "999";

  private static final int HALF = 2_500;

  private LoadFixture load;

  @BeforeEach
  void open() throws Exception {
    load = new LoadFixture();
  }

  @AfterEach
  void close() throws Exception {
    load.close();
  }

  private long waiting() {
    return load.session().counts().waiting();
  }

  @Test
  void theSecondIsDerivedWhileTheFirstIsNotCommitted() throws Exception {
    load.load(1, LoadFixture.items(1, MANY));
    OwnedDomain owned = load.owned();
    var derived = new CountDownLatch(2);
    load.sent.set(
        sql -> {
          if (sql.contains("crossfade derived 0")) {
            derived.countDown();
          } else if (sql.equals("commit")
              && Thread.currentThread().getName().startsWith("store-")) {
            await(derived);
          }
        });
    owned.apply(List.of());
    load.sent.set(LoadFixture.NOTHING);
    assertEquals(4_000, load.count());
    assertEquals(MANY - 4_000, waiting());
    owned.apply(List.of());
    assertEquals(MANY, load.count());
    assertEquals(0, waiting());
    assertEquals(List.of("0"), load.store.query("select count(*) from crossfade.dirty"));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS), "one after the other");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsDerivedAheadIsNotThereBeforeItsTurn() throws Exception {
    load.load(1, LoadFixture.items(1, HALF));
    List<Waiting> parts = load.session().waiting(true);
    assertEquals(2, parts.size());
    parts.get(1).ahead();
    assertEquals(0, load.count());
    parts.get(0).run();
    assertEquals(2_000, load.count());
    List<String> after = texts();
    parts.get(1).run();
    assertFalse(derives(after), after::toString);
    assertEquals(HALF, load.count());
    assertEquals(0, waiting());
  }

  private List<String> texts() {
    var texts = new ArrayList<String>();
    load.sent.set(texts::add);
    return texts;
  }

  private static boolean derives(List<String> texts) {
    return texts.stream().anyMatch(sql -> sql.contains("crossfade derived 0"));
  }

  /** Where a value waits to be given up by an aggregate of the other part. */
  @Test
  void aValueThatGoesFromThePartBehindToTheOneBefore() throws Exception {
    reloaded("n" + LAST, "new");
    inTurnAfterWaiting();
    assertEquals(List.of("n" + LAST, "new"), names());
  }

  @Test
  void valuesThatAreExchangedBetweenTheParts() throws Exception {
    reloaded("n" + LAST, "n" + FIRST);
    inTurnAfterWaiting();
    assertEquals(List.of("n" + LAST, "n" + FIRST), names());
  }

  /** All is derived once, and waits again with other names of the first and the last. */
  private void reloaded(String first, String last) throws SQLException {
    load.load(1, LoadFixture.items(1, HALF));
    load.derive();
    String[] rows = LoadFixture.items(1, HALF);
    rows[Integer.parseInt(FIRST) - 1] = FIRST + " " + first;
    rows[Integer.parseInt(LAST) - 1] = LAST + " " + last;
    load.load(2, rows);
  }

  /** As the threads of the store do it: the part before does not wait for ever. */
  private void inTurnAfterWaiting() throws Exception {
    try (var threads = new StoreThreads("test", System::nanoTime, Duration.ofMillis(300))) {
      List<Waiting> parts = load.session().waiting(true);
      List<String> texts = texts();
      parts.get(1).ahead();
      assertTrue(derives(texts));
      load.sent.set(LoadFixture.NOTHING);
      threads.hand(parts.get(0), 0, 0);
      FlowFixture.await(
          "the part before to end, or to wait for the one behind",
          Duration.ofSeconds(60),
          () -> !threads.busy() || load.waitsForALock(Duration.ZERO));
      parts.get(1).takeBack();
      threads.settle();
      parts.get(1).run();
    }
    assertEquals(new Dirty.Counts(0, 0), load.session().counts());
    assertEquals(HALF, load.count());
  }

  private List<String> names() throws SQLException {
    return load.store.query(
        "select name from items where id in (%s, %s) order by id".formatted(FIRST, LAST));
  }

  /** A failure that may come from what the part before has not committed parks nothing. */
  @Test
  void whatFailsAheadIsDerivedInItsTurn() throws Exception {
    String[] rows = LoadFixture.items(1, HALF);
    rows[Integer.parseInt(LAST) - 1] = LAST + " bad";
    load.load(1, rows);
    List<Waiting> parts = load.session().waiting(true);
    parts.get(1).ahead();
    assertEquals(0, load.session().counts().parked());
    parts.get(0).run();
    parts.get(1).run();
    assertEquals(HALF - 1, load.count());
    assertEquals(1, load.session().counts().parked());
    assertEquals(List.of(LAST), load.store.query("select id from crossfade.dirty"));
    load.load(2, LoadFixture.items(1, HALF));
    assertEquals(1, load.session().waiting(true).size(), "not side by side again at once");
  }

  @Test
  void aRowThatAnotherHasLockedIsNotWaitedForAhead() throws Exception {
    reloaded("n" + FIRST, "new");
    try (var other = load.store.pool().getConnection()) {
      other.setAutoCommit(false);
      try (var lock = other.createStatement()) {
        lock.execute("select from items where id = %s for update".formatted(LAST));
      }
      List<Waiting> parts = load.session().waiting(true);
      Instant begun = Instant.now();
      parts.get(1).ahead();
      Duration took = Duration.between(begun, Instant.now());
      assertTrue(took.compareTo(Duration.ofSeconds(4)) < 0, took::toString);
      parts.get(0).run();
      other.rollback();
      parts.get(1).run();
    }
    assertEquals(List.of("n" + FIRST, "new"), names());
    assertEquals(0, waiting());
  }

  /** The domain's own lock is waited for as always. */
  @Test
  void aLockIsWaitedForInItsTurn() throws Exception {
    load.load(1, LoadFixture.items(1, HALF));
    List<Waiting> parts = load.session().waiting(true);
    parts.get(1).ahead();
    parts.get(0).run();
    try (var other = load.store.pool().getConnection();
        var threads = new StoreThreads("test", System::nanoTime)) {
      other.setAutoCommit(false);
      try (var lock = other.createStatement()) {
        lock.execute("select from crossfade.progress for update");
      }
      threads.hand(parts.get(1), 0, 0);
      FlowFixture.await(
          "the lock to be waited for",
          Duration.ofSeconds(60),
          () -> !threads.busy() || load.waitsForALock(Duration.ofMillis(400)));
      assertTrue(threads.busy());
      other.rollback();
      threads.settle();
    }
    assertEquals(HALF, load.count());
  }

  /** What failed for the other part's sake would fail for ever if it was tried again like that. */
  @Test
  void aFailureIsFollowedByOnePartAfterTheOther() throws Exception {
    load.load(1, LoadFixture.items(1, MANY));
    var failures = new AtomicInteger();
    load.sent.set(
        sql -> {
          if (sql.contains("crossfade derived 0") && failures.incrementAndGet() <= 2) {
            throw new SQLException("waited for a lock for long", "55P03");
          }
        });
    OwnedDomain failing = load.owned();
    assertThrows(SQLException.class, () -> failing.apply(List.of()));
    failing.close();
    load.open();
    assertEquals(1, load.session().waiting(true).size());
    load.owned().apply(List.of());
    assertEquals(2_000, load.count());
  }

  /** Groups and names change hands between all parts, through the threads of the store. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void whateverMovesTheStoreIsWhatTheSourceIs(long seed) throws Exception {
    var random = new Random(seed);
    load.load(1, LoadFixture.items(1, MANY));
    load.derive();
    String[] rows = LoadFixture.items(1, MANY);
    for (int move = 0; move < 40; move++) {
      int at = random.nextInt(MANY);
      int other = random.nextInt(MANY);
      String name = rows[at].split(" ")[1];
      rows[at] = (at + 1) + " " + rows[other].split(" ")[1] + " " + (1 + random.nextInt(MANY));
      rows[other] = (other + 1) + " " + name + " " + (1 + random.nextInt(MANY));
    }
    load.load(2, rows);
    OwnedDomain owned = load.owned();
    for (int step = 0; step < 20 && !load.session().counts().none(); step++) {
      owned.apply(List.of());
    }
    assertEquals(new Dirty.Counts(0, 0), load.session().counts());
    assertEquals(
        Stream.of(rows)
            .map(row -> row.split(" ").length > 2 ? row : row + " " + row.split(" ")[0])
            .toList(),
        load.rowsWithGroups());
  }

  /** What was taken out waits once more, before what was not taken out yet. */
  @Test
  void aLoadThatComesMeanwhileIsDerivedFromTheFirstOn() throws Exception {
    load.load(1, LoadFixture.items(1, MANY));
    load.owned().apply(List.of());
    assertEquals(4_000, load.count());
    String[] rows = LoadFixture.items(1, MANY);
    for (int i = 0; i < MANY; i++) {
      rows[i] = rows[i] + "b";
    }
    load.load(2, rows);
    assertEquals(MANY, waiting());
    load.derive();
    assertEquals(0, waiting());
    assertEquals(List.of(rows), load.rows());
  }

  /** Whoever read without waiting until then would keep a processor busy. */
  @Test
  void nothingIsThereToDeriveWhileALoadIsHalfInTheMirror() throws Exception {
    load.load(1, LoadFixture.items(1, 3));
    assertTrue(load.owned().derives());
    load.begin(2);
    assertEquals(3, load.session().counts().waiting());
    assertFalse(load.owned().derives());
    load.session().apply(load.reads(2, LoadFixture.items(1, 3)));
    load.end(2);
    assertTrue(load.owned().derives());
    load.derive();
    assertFalse(load.owned().derives());
  }

  @Test
  void whoHasLostTheDomainHasDerivedNothing() throws Exception {
    load.load(1, LoadFixture.items(1, HALF));
    List<Waiting> parts = load.session().waiting(true);
    parts.get(1).ahead();
    StoreSession former = load.session();
    load.open();
    assertThrows(OwnershipLostException.class, parts.get(0)::run);
    assertThrows(OwnershipLostException.class, parts.get(1)::run);
    former.close();
    assertEquals(0, load.count());
    load.derive();
    assertEquals(HALF, load.count());
  }

  @Test
  void fewAreDerivedInOnePart() throws Exception {
    load.load(1, LoadFixture.items(1, 1_500));
    assertEquals(1, load.session().waiting(true).size());
    load.derive();
    assertEquals(1_500, load.count());
    assertNotEquals(List.of(), load.rows());
  }
}
