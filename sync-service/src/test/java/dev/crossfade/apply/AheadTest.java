package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.fixture.WatchedStore;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch is written while the one before it is derived, and nobody can tell. */
class AheadTest {
  private static final Changes LINE = new Changes("line", "id");
  private static final WatchedStore.Sent NOTHING = sql -> {};

  /** What is told of each statement, by the thread that sends it. */
  private final AtomicReference<WatchedStore.Sent> sent = new AtomicReference<>(NOTHING);

  private StoreFixture store;
  private Domain domain;
  private DataSource watched;
  private StoreSession session;
  private long offset = 2;
  private Optional<Position> furthest = Optional.empty();

  @BeforeEach
  void loaded() throws Exception {
    store =
        new StoreFixture(
            "create table lines (id int primary key, order_id int, name text, note text)",
            "create table totals (order_id int primary key, lines bigint not null)");
    store.captures(
        "line", "order_id", 1, "id integer", "order_id integer", "name text", "note text");
    domain =
        store.domain(
            StoreFixture.target(
                "lines",
                "id",
                "order_id",
                "SELECT id, order_id, name, note FROM legacy.line WHERE order_id = any(:keys)"),
            StoreFixture.target(
                "totals",
                "order_id",
                "order_id",
                "SELECT order_id, count(*) AS lines FROM legacy.line WHERE order_id = any(:keys) GROUP BY 1"));
    watched = WatchedStore.of(store.pool(), sql -> sent.get().text(sql));
    session = session(watched);
    var start =
        new GenerationStart("legacy", 1, Optional.empty(), true, store.shapes(), Instant.EPOCH);
    session.begin(start, progress(0, 0, Optional.of(Position.ofLoad(1))));
    session.endLoad(new LoadEnd(1, 0, Instant.EPOCH), progress(1, 1, Optional.empty()));
  }

  @AfterEach
  void close() throws Exception {
    sent.set(NOTHING);
    session.close();
    store.close();
  }

  private StoreSession session(DataSource from) throws SQLException {
    return new StoreSession(domain, "legacy", from, "test", true, new Reliance());
  }

  private Progress progress(long offset, int loadedEpoch, Optional<Position> open) {
    return new Progress(
        new Progress.Place("topic", offset + 1, 1, offset, 0, offset + 1),
        Optional.of(new Position(1, new Lsn(offset), new Lsn(offset))),
        open,
        loadedEpoch,
        Optional.empty(),
        furthest);
  }

  private Intake.Batch batch(ChangeEvent... changes) {
    return batch(offset++, List.of(changes));
  }

  private Intake.Batch batch(long offset, List<ChangeEvent> changes) {
    Position last = changes.get(changes.size() - 1).position();
    Progress after = progress(offset, 1, Optional.empty()).completes(last);
    furthest = after.furthest();
    return new Intake.Batch(changes, List.of(), List.of(), after);
  }

  private static ChangeEvent line(long at, int id, int order, String name) {
    return LINE.create(at, at + 1, "id=" + id, "order_id=" + order, "name=" + name, "note=n");
  }

  private static ChangeEvent changed(long at, int id, int order, String name) {
    return LINE.update(at, at + 1, "id=" + id, "order_id=" + order, "name=" + name, "note=n");
  }

  private List<String> rows() throws SQLException {
    return store.query("select id, order_id, name from lines order by id");
  }

  /** A batch that stands still when its rows are in the mirror, and goes on when it is asked to. */
  private final class StandingStill {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch mayGoOn = new CountDownLatch(1);
    private final FutureTask<Void> run;

    StandingStill(StoreSession.Applying batch) throws Exception {
      run =
          new FutureTask<>(
              () -> {
                batch.run();
                return null;
              });
      var thread = new Thread(run);
      sent.set(
          sql -> {
            if (Thread.currentThread() == thread && sql.startsWith("savepoint")) {
              reached.countDown();
              await(mayGoOn);
            }
          });
      thread.start();
      await(reached);
    }

    /** Goes on, to the end. */
    void goOn() throws Exception {
      mayGoOn.countDown();
      run.get(60, TimeUnit.SECONDS);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Applies a batch ahead, while the one before stands still. Returns what was sent after it. */
  private List<String> applyAhead(Intake.Batch before, Intake.Batch batch) throws Exception {
    StoreSession.Applying first = session.applying(before, false);
    StoreSession.Applying second = session.applying(batch, true);
    var still = new StandingStill(first);
    second.ahead();
    still.goOn();
    var after = new ArrayList<String>();
    sent.set(after::add);
    second.run();
    return after;
  }

  private boolean writesRows(List<String> texts) {
    return texts.stream().anyMatch(sql -> sql.contains("insert into \"legacy\".\"line\""));
  }

  @Test
  void newRowsAreWrittenWhileTheBatchBeforeIsNotCommitted() throws Exception {
    List<String> after =
        applyAhead(batch(line(10, 1, 1, "a")), batch(line(20, 2, 1, "b"), line(30, 3, 2, "c")));
    assertEquals(List.of("1|1|a", "2|1|b", "3|2|c"), rows());
    assertFalse(writesRows(after), after::toString);
  }

  /** Applies two batches, the second ahead. Returns what wrote its rows. */
  private List<String> writesAhead(Intake.Batch before, Intake.Batch batch) throws Exception {
    StoreSession.Applying first = session.applying(before, false);
    StoreSession.Applying second = session.applying(batch, true);
    first.run();
    var writes = new ArrayList<String>();
    sent.set(
        sql -> {
          for (String one : sql.split(";\n")) {
            if (writesRows(List.of(one))) {
              writes.add(one.contains("on conflict") ? "upsert" : "insert");
            }
          }
        });
    second.ahead();
    sent.set(NOTHING);
    second.run();
    return writes;
  }

  /** In a replay, what is born in a batch was born before, and may have died since. */
  @Test
  void rowsThatComeAgainAreNotTakenForNew() throws Exception {
    session.apply(batch(line(10, 1, 1, "old"), line(20, 2, 1, "b"), line(22, 3, 1, "c")));
    session.apply(batch(changed(30, 1, 1, "new"), LINE.delete(40, 41, "id=2")));
    readAgain(2);
    assertEquals(
        List.of("upsert"),
        writesAhead(batch(line(10, 1, 1, "old")), batch(line(20, 2, 1, "b"), line(22, 3, 1, "c"))));
    assertEquals(List.of("1|1|new", "3|1|c"), rows());
    assertEquals(
        List.of("insert", "upsert"),
        writesAhead(batch(line(50, 4, 1, "d")), batch(line(60, 5, 1, "e"), line(22, 3, 1, "c"))));
    assertEquals(List.of("1|1|new", "3|1|c", "4|1|d", "5|1|e"), rows());
    assertEquals(List.of("1|4"), store.query("select * from totals"));
  }

  /** Whoever takes over in the middle of a replay knows how far the store had been. */
  @Test
  void whatComesAgainIsKnownInTheMiddleOfAReplay() throws Exception {
    session.apply(batch(line(10, 1, 1, "old"), line(20, 2, 1, "b"), line(22, 3, 1, "c")));
    session.apply(batch(changed(30, 1, 1, "new"), LINE.delete(40, 41, "id=2")));
    readAgain(2);
    session.apply(batch(line(10, 1, 1, "old")));
    readAgain(offset);
    assertEquals(
        List.of("upsert"),
        writesAhead(batch(line(15, 4, 1, "d")), batch(line(20, 2, 1, "b"), line(22, 3, 1, "c"))));
    assertEquals(List.of("1|1|new", "3|1|c", "4|1|d"), rows());
  }

  /** What changed last is not when it was born. */
  @Test
  void aRowThatComesAgainAndChangesThenIsNotNew() throws Exception {
    session.apply(batch(line(10, 1, 1, "a"), line(20, 2, 1, "b")));
    readAgain(2);
    assertEquals(
        List.of("upsert"),
        writesAhead(
            batch(line(10, 1, 1, "a")), batch(line(20, 2, 1, "b"), changed(30, 2, 1, "later"))));
    assertEquals(List.of("1|1|a", "2|1|later"), rows());
  }

  /** A process of the release before may have applied what it did not tell. */
  @Test
  void whoTakesOverIsAtLeastAsFarAsWhatIsApplied() throws Exception {
    session.apply(batch(line(10, 1, 1, "a"), line(20, 2, 1, "b")));
    session.apply(batch(LINE.delete(30, 31, "id=2")));
    store.execute(
        "update crossfade.progress set furthest_epoch = 1, furthest_base = '0/1', furthest_lsn = '0/1'");
    readAgain(2);
    furthest = session.durable().furthest();
    assertEquals(
        List.of("upsert"), writesAhead(batch(line(10, 1, 1, "a")), batch(line(20, 2, 1, "b"))));
    assertEquals(List.of("1|1|a"), rows());
  }

  /** A team may have made an index of its own; a batch in its turn does not offend against it. */
  @Test
  void whatAnotherIndexRefusesAheadIsWrittenInItsTurn() throws Exception {
    session.apply(batch(line(10, 1, 1, "a")));
    store.execute("create unique index on legacy.line (name)");
    StoreSession.Applying first = session.applying(batch(changed(20, 1, 1, "b")), false);
    StoreSession.Applying second =
        session.applying(batch(line(30, 2, 1, "a"), line(40, 3, 1, "c")), true);
    second.ahead();
    first.run();
    second.run();
    assertEquals(List.of("1|1|b", "2|1|a", "3|1|c"), rows());
  }

  /** Nobody else is to write the mirror; if one does, nothing stands still. */
  @Test
  void aRowThatWasThereIsFoundOutAndWrittenAsOthersAre() throws Exception {
    store.execute("insert into legacy.line values (3, 1, 'by hand', 'n', 1, '0/1', '0/1')");
    assertEquals(
        List.of("insert", "upsert"),
        writesAhead(batch(line(20, 2, 1, "b")), batch(line(30, 3, 1, "c"), line(60, 5, 1, "e"))));
    assertEquals(List.of("2|1|b", "3|1|c", "5|1|e"), rows());
    assertEquals( // for a while, so is what may be new
        List.of("upsert"), writesAhead(batch(line(70, 6, 2, "f")), batch(line(80, 7, 2, "g"))));
    assertEquals(List.of("1|3", "2|2"), store.query("select * from totals order by 1"));
  }

  private void readAgain(long from) throws SQLException {
    session.close();
    store.execute("update crossfade.progress set owner = owner + 1, next_offset = " + from);
    offset = from;
    session = session(watched);
  }

  /** The batch before deletes it, and nobody knows yet. */
  @Test
  void aKeyThatTheBatchBeforeDeletesIsNotTakenForNew() throws Exception {
    session.apply(batch(line(10, 1, 1, "a")));
    List<String> after =
        applyAhead(
            batch(LINE.delete(20, 21, "id=1"), line(22, 2, 1, "b")),
            batch(line(30, 1, 2, "c"), line(40, 3, 2, "d")));
    assertTrue(writesRows(after), after::toString);
    assertEquals(List.of("1|2|c", "2|1|b", "3|2|d"), rows());
  }

  /** What is born where another was deleted before is new. */
  @Test
  void aRowWithTheKeyOfOneThatIsGoneIsNew() throws Exception {
    session.apply(batch(line(10, 1, 1, "a")));
    session.apply(batch(LINE.delete(20, 21, "id=1")));
    assertEquals(
        List.of("insert"), writesAhead(batch(line(30, 2, 1, "b")), batch(line(40, 1, 2, "c"))));
    assertEquals(List.of("1|2|c", "2|1|b"), rows());
  }

  @Test
  void whatIsAheadIsNotThereBeforeItsBatchIs() throws Exception {
    StoreSession.Applying first = session.applying(batch(line(10, 1, 1, "a")), false);
    StoreSession.Applying second = session.applying(batch(line(20, 2, 2, "b")), true);
    first.run();
    second.ahead();
    assertEquals(List.of("1"), store.query("select id from legacy.line"));
    session.close(); // as if the process had ended here
    session = session(watched);
    assertEquals(List.of("1"), store.query("select id from legacy.line"));
    assertEquals(3, session.durable().place().nextOffset());
  }

  /** It is not asked who owns the domain before all else is written. */
  @Test
  void whoHasLostTheDomainHasWrittenNothingAhead() throws Exception {
    Intake.Batch before = batch(line(10, 1, 1, "a"));
    session.applying(before, false);
    StoreSession.Applying second = session.applying(batch(line(20, 2, 2, "b")), true);
    second.ahead();
    try (var successor = session(watched)) {
      successor.apply(before);
      assertThrows(OwnershipLostException.class, second::run);
      session.close();
    }
    assertEquals(List.of("1|1|a"), rows());
    assertEquals(List.of("1"), store.query("select id from legacy.line"));
  }

  /** As another server may be one day that the same name leads to. */
  @Test
  void aStoreThatLacksWhatCameBeforeIsNotWrittenTo() throws Exception {
    session.apply(batch(line(10, 1, 1, "a")));
    store.execute("update crossfade.progress set next_offset = next_offset - 1");
    Intake.Batch next = batch(line(20, 2, 1, "b"));
    assertThrows(OwnershipLostException.class, () -> session.apply(next));
    session.close();
    assertEquals(List.of("1|1|a"), rows());
  }

  @Test
  void aRowThatTheBatchBeforeHasWaitsForIt() throws Exception {
    List<String> after =
        applyAhead(
            batch(line(10, 1, 1, "a"), line(20, 2, 1, "b"), line(25, 3, 1, "c")),
            batch(
                changed(30, 1, 1, "A"),
                LINE.delete(40, 41, "id=2"),
                LINE.update(50, 51, "id=3", "order_id=1", "name=C"),
                line(60, 4, 2, "d")));
    assertEquals(List.of("1|1|A", "3|1|C", "4|2|d"), rows());
    assertTrue(writesRows(after), after::toString);
  }

  /** It is asked in the store which aggregate a row has left. */
  @Test
  void aRowThatMovesInBothIsNotLeftWhereItWasBetween() throws Exception {
    session.apply(batch(line(10, 1, 1, "a")));
    applyAhead(batch(changed(20, 1, 2, "a")), batch(changed(30, 1, 3, "a")));
    assertEquals(List.of("1|3|a"), rows());
    assertEquals(List.of("3|1"), store.query("select * from totals"));
  }

  /** What the log does not tell of row 2 is what the mirror had of row 1 before the batch. */
  @Test
  void aRowThatAnotherTakesItsValuesFromIsNotWrittenBefore() throws Exception {
    session.apply(batch(LINE.create(10, 11, "id=1", "order_id=1", "name=a", "note=large")));
    applyAhead(
        batch(line(20, 5, 1, "e")),
        batch(
            LINE.moved(30, 31, Changes.row("id=1"), "id=2", "order_id=1", "name=a"),
            LINE.delete(30, 31, "id=1"),
            line(40, 1, 1, "other")));
    assertEquals(
        List.of("1|n", "2|large", "5|n"), store.query("select id, note from lines order by id"));
  }

  /** Neither of one that waits for its turn, nor of one that has the rows locked. */
  @Test
  void nothingIsWrittenAheadOfATruncation() throws Exception {
    session.apply(batch(line(10, 1, 1, "a")));
    applyAhead(batch(LINE.truncate(20, 21)), batch(line(30, 1, 2, "b")));
    assertEquals(List.of("1|2|b"), rows());
    applyAhead(batch(line(40, 3, 1, "c")), batch(LINE.truncate(50, 51), line(60, 1, 3, "d")));
    assertEquals(List.of("1|3|d"), rows());
    assertEquals(List.of("3|1"), store.query("select * from totals"));
  }

  /** A transaction that has begun must see what the one before commits meanwhile. */
  @Test
  void theStoresOwnIsolationIsNoHindrance() throws Exception {
    session.close();
    session =
        session(
            WatchedStore.opened(
                watched,
                connection -> {
                  try (Statement statement = connection.createStatement()) {
                    statement.execute("set default_transaction_isolation = 'repeatable read'");
                  }
                }));
    applyAhead(batch(line(10, 1, 1, "a")), batch(line(20, 2, 1, "b")));
    assertEquals(List.of("1|1|a", "2|1|b"), rows());
  }

  @Test
  void whatWasTakenBackIsWrittenLater() throws Exception {
    StoreSession.Applying first = session.applying(batch(line(10, 1, 1, "a")), false);
    StoreSession.Applying second = session.applying(batch(line(20, 2, 1, "b")), true);
    var still = new StandingStill(first);
    second.ahead();
    second.takeBack();
    still.goOn();
    second.run();
    assertEquals(List.of("1|1|a", "2|1|b"), rows());
  }

  /** They are there when the load has ended, whichever batch had them. */
  @Test
  void theRowsOfALoadAreWrittenAheadToo() throws Exception {
    session.apply(batch(line(10, 9, 1, "of the load before")));
    Optional<Position> loading = Optional.of(Position.ofLoad(2));
    var start =
        new GenerationStart("legacy", 2, Optional.empty(), true, store.shapes(), Instant.EPOCH);
    session.begin(start, progress(offset++, 1, loading));
    StoreSession.Applying first = session.applying(load(loading, 1, 2), false);
    StoreSession.Applying second = session.applying(load(loading, 3, 4), true);
    second.ahead();
    first.run();
    var after = new ArrayList<String>();
    sent.set(after::add);
    second.run();
    sent.set(NOTHING);
    assertFalse(writesRows(after), after::toString);
    session.endLoad(new LoadEnd(2, 4, Instant.EPOCH), progress(offset++, 2, Optional.empty()));
    StoreSessionTest.derivedAll(session);
    assertEquals(List.of("1|1|a", "2|1|a", "3|1|a", "4|1|a"), rows());
    assertEquals(List.of("1|4"), store.query("select * from totals"));
  }

  private Intake.Batch load(Optional<Position> loading, int... ids) {
    var reads = new ArrayList<ChangeEvent>();
    for (int id : ids) {
      reads.add(LINE.read(2, "id=" + id, "order_id=1", "name=a", "note=n"));
    }
    return new Intake.Batch(reads, List.of(), List.of(), progress(offset++, 1, loading));
  }

  /** Where two connections are not to be had, all goes on with one. */
  @Test
  void aStoreThatGivesNoOtherConnectionIsNoFailure() throws Exception {
    session.close();
    var asked = new CopyOnWriteArrayList<String>();
    session =
        session(
            WatchedStore.opened(
                store.pool(),
                connection -> {
                  asked.add("connection");
                  if (asked.size() > 1) {
                    throw new SQLException("too many connections", "53300");
                  }
                }));
    StoreSession.Applying first = session.applying(batch(line(10, 1, 1, "a")), false);
    StoreSession.Applying second = session.applying(batch(line(20, 2, 1, "b")), true);
    second.ahead();
    first.run();
    second.run();
    assertEquals(List.of("1|1|a", "2|1|b"), rows());
    assertEquals(2, asked.size());
  }

  /** Histories in batches, with faults at any statement, and all of them again as in a replay. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whateverComesTheStoreIsWhatTheSourceIs(long seed) throws Exception {
    var random = new Random(seed);
    var history = new LineHistory(random);
    List<Intake.Batch> batches = new ArrayList<>();
    List<List<String>> states = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      batches.add(batch(i + 2, history.changes(1 + random.nextInt(12))));
      states.add(history.rows());
    }
    int failures = applyAll(random, batches, i -> assertStore(states.get(i), "batch " + i));
    assertTrue(failures > 0, "no fault was hit");
    int from = random.nextInt(batches.size());
    readAgain(from + 2);
    List<String> last = states.get(states.size() - 1);
    applyAll(random, batches, i -> assertStore(last, "batch " + i + " of a replay from " + from));
  }

  /** As it is read by who knows how far the store has been. */
  private static Intake.Batch reaching(Optional<Position> furthest, Intake.Batch batch) {
    Progress after = batch.after();
    return new Intake.Batch(
        batch.changes(),
        batch.markers(),
        batch.commits(),
        furthest.map(after::reaches).orElse(after));
  }

  private interface Check {
    void afterBatch(int i) throws SQLException;
  }

  /** Applies what the store does not have, with a new session after each fault. Counts those. */
  private int applyAll(Random random, List<Intake.Batch> batches, Check check) throws Exception {
    WatchedStore.Sent faults =
        sql -> {
          if (random.nextInt(80) == 0) {
            throw new SQLException(
                "by chance, " + sql.substring(0, Math.min(30, sql.length())), "40001");
          }
        };
    int failures = 0;
    boolean done = false;
    while (!done) {
      sent.set(NOTHING);
      session.close();
      session = session(watched);
      sent.set(faults);
      try (var threads = new StoreThreads("test", System::nanoTime, Duration.ofMillis(5))) {
        int from = (int) session.durable().place().nextOffset() - 2;
        for (int i = from; i < batches.size(); i++) {
          Intake.Batch batch = reaching(session.durable().furthest(), batches.get(i));
          StoreSession.Applying applying = session.applying(batch, threads.waiting() > 0);
          threads.hand(applying, batch.changes().size(), 1);
          if (i % 3 == 2 || i == batches.size() - 1) {
            threads.settle();
            check.afterBatch(i);
          }
        }
        done = true;
      } catch (SQLException e) {
        failures++;
      }
    }
    sent.set(NOTHING);
    return failures;
  }

  private void assertStore(List<String> lines, String when) throws SQLException {
    assertEquals(lines, store.query("select * from lines order by id"), when);
    assertEquals(
        lines,
        store.query("select id, order_id, name, note from legacy.line order by id"),
        when + ", the mirror");
    assertEquals(
        store.query("select order_id, count(*) from lines group by 1 order by 1"),
        store.query("select * from totals order by 1"),
        when + ", the totals");
  }
}
