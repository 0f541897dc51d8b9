package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How a batch goes into a store. */
class StoreSessionTest {
  private static final Changes ORDER = new Changes("purchase", "id");
  private static final Changes LINE = new Changes("line", "id");

  /** What went to the store: the texts of executed statements, and commits. */
  private final List<String> trips = new ArrayList<>();

  private StoreFixture store;
  private StoreSession session;
  private long offset = 2;

  @BeforeEach
  void loaded() throws Exception {
    store =
        new StoreFixture(
            "create table orders (id int primary key, state text)",
            "create table lines (id int primary key, order_id int, name text check (name <> 'bad'))");
    store.captures("purchase", "id", 1, "id integer", "state text");
    store.captures("line", "order_id", 1, "id integer", "order_id integer", "name text");
    Domain domain =
        store.domain(
            StoreFixture.target(
                "orders",
                "id",
                "id",
                "SELECT id, state FROM legacy.purchase WHERE id = any(:keys)"),
            StoreFixture.target(
                "lines",
                "id",
                "order_id",
                "SELECT id, order_id, name FROM legacy.line WHERE order_id = any(:keys)"));
    session =
        new StoreSession(
            domain,
            "legacy",
            WatchedStore.of(store.pool(), trips::add),
            "test",
            true,
            new Reliance());
    var start =
        new GenerationStart("legacy", 1, Optional.empty(), true, store.shapes(), Instant.EPOCH);
    session.begin(start, progress(0, 0, Optional.of(Position.ofLoad(1))));
    session.endLoad(new LoadEnd(1, 0, Instant.EPOCH), progress(1, 1, Optional.empty()));
  }

  @AfterEach
  void close() throws Exception {
    session.close();
    store.close();
  }

  private static Progress progress(long offset, int loadedEpoch, Optional<Position> open) {
    return new Progress(
        new Progress.Place("topic", offset + 1, 1, offset, 0, offset + 1),
        Optional.of(new Position(1, new Lsn(offset), new Lsn(offset))),
        open,
        loadedEpoch,
        Optional.empty(),
        Optional.empty());
  }

  /** Applies a batch; returns how many trips to the store it took. */
  private int apply(ChangeEvent... changes) throws Exception {
    trips.clear();
    Progress after = progress(offset++, 1, Optional.empty());
    session.apply(new Intake.Batch(List.of(changes), List.of(), List.of(), after));
    return trips.size();
  }

  private List<String> rows() throws Exception {
    return store.query(
        "select 'order', id::text, state from orders union all"
            + " select 'line', id::text, name from lines order by 1 desc, 2");
  }

  @Test
  void aBatchTakesTwoTripsToTheStore() throws Exception {
    int batch =
        apply(
            ORDER.create(10, 11, "id=1", "state=new"),
            LINE.create(10, 12, "id=1", "order_id=1", "name=a"),
            LINE.create(10, 13, "id=2", "order_id=1", "name=b"));
    assertEquals(2, batch, trips::toString);
    batch =
        apply(
            ORDER.update(20, 21, "id=1", "state=paid"),
            LINE.update(20, 22, "id=1", "name=A"),
            LINE.delete(20, 23, "id=2"));
    assertEquals(2, batch, trips::toString);
    assertEquals(List.of("order|1|paid", "line|1|A"), rows());
    assertEquals(
        List.of("3"), store.query("select sequence from crossfade.progress"), "the progress");
  }

  @Test
  void whatCannotBeDerivedIsParkedAndTheRestOfTheBatchIsThere() throws Exception {
    apply(
        ORDER.create(10, 11, "id=1", "state=new"),
        LINE.create(10, 12, "id=1", "order_id=1", "name=bad"),
        ORDER.create(20, 21, "id=2", "state=new"));
    assertEquals(List.of("order|2|new"), rows());
    assertEquals(1, session.counts().parked());
    assertEquals(0, session.counts().waiting());
    apply(ORDER.update(30, 31, "id=2", "state=paid"));
    assertEquals(List.of("order|2|paid"), rows());
    apply(LINE.update(40, 41, "id=1", "order_id=1", "name=good"));
    derivedAll(session);
    assertEquals(List.of("order|1|new", "order|2|paid", "line|1|good"), rows());
    assertEquals(0, session.counts().parked());
    assertEquals(2, apply(ORDER.update(50, 51, "id=1", "state=paid")), trips::toString);
  }

  /** Nobody counts the table anew for each part of a large transaction. */
  @Test
  void whatAPartOfATransactionTouchesWaitsAndIsCounted() throws Exception {
    apply(ORDER.create(10, 11, "id=1", "state=new"));
    spill(ORDER.update(20, 21, "id=1", "state=paid"), ORDER.create(20, 22, "id=2", "state=new"));
    assertEquals(2, session.counts().waiting());
    spill(ORDER.update(20, 23, "id=2", "state=paid"), ORDER.create(20, 24, "id=3", "state=new"));
    assertEquals(3, session.counts().waiting());
    assertEquals(List.of("order|1|new"), rows());
    assertTrue(trips.stream().noneMatch(sql -> sql.contains("count(")), trips::toString);
    apply(ORDER.create(20, 25, "id=4", "state=new"));
    assertEquals(0, session.counts().waiting());
    assertEquals(List.of("order|1|paid", "order|2|paid", "order|3|new", "order|4|new"), rows());
  }

  @Test
  void whatAPartOfATransactionMendsIsNotParkedAnyMoreAtItsEnd() throws Exception {
    apply(
        ORDER.create(10, 11, "id=1", "state=new"),
        LINE.create(10, 12, "id=1", "order_id=1", "name=bad"));
    assertEquals(1, session.counts().parked());
    spill(
        LINE.update(20, 21, "id=1", "order_id=1", "name=good"),
        ORDER.create(20, 22, "id=2", "state=new"));
    assertEquals(1, session.counts().parked());
    apply(ORDER.create(20, 23, "id=3", "state=new"));
    assertEquals(0, session.counts().parked());
    assertEquals(List.of("order|1|new", "order|2|new", "order|3|new", "line|1|good"), rows());
  }

  private void spill(ChangeEvent... changes) throws Exception {
    trips.clear();
    Progress after = progress(offset++, 1, Optional.of(new Position(1, new Lsn(20), new Lsn(20))));
    session.apply(new Intake.Batch(List.of(changes), List.of(), List.of(), after));
  }

  /** Derives what waits, part after part. */
  static void derivedAll(StoreSession session) throws SQLException {
    for (List<Waiting> parts = session.waiting(true);
        !parts.isEmpty();
        parts = session.waiting(true)) {
      for (Waiting part : parts) {
        part.run();
      }
    }
  }

  /** Each text is prepared by the driver and the server: they must not be as many as batches. */
  @Test
  void theOrderOfChangesMakesNoOtherStatement() throws Exception {
    ChangeEvent order = ORDER.create(10, 11, "id=1", "state=new");
    ChangeEvent line = LINE.create(10, 12, "id=1", "order_id=1", "name=a");
    apply(order, line);
    List<String> first = List.copyOf(trips);
    apply(line, order);
    assertEquals(first, trips);
  }
}
