package dev.crossfade.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.crossfade.fixture.StoreFixture;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Where every statement commits by itself, those of one trip still share a transaction: that is how
 * one trip is told from two.
 */
class TripTest {
  private static final String XID = "select pg_current_xact_id()::text";

  /** So often that the driver has prepared what it prepares. */
  private static final int OFTEN = 12;

  private StoreFixture store;
  private final List<String> told = new ArrayList<>();

  @BeforeEach
  void open() throws Exception {
    store = new StoreFixture("create table t (id int primary key, v text)");
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  private Trip insert(Trip trip, int id, String value) throws SQLException {
    return trip.add(
        "insert into t values (?, ?)",
        (statement, at) -> {
          statement.setInt(at, id);
          statement.setString(at + 1, value);
          return at + 2;
        },
        written -> told.add("written " + written));
  }

  private Trip ask(Trip trip, String sql, int most) throws SQLException {
    return trip.add(sql, (statement, at) -> at, most, this::tell);
  }

  private void tell(ResultSet rows) throws SQLException {
    while (rows.next()) {
      told.add(rows.getString(1));
    }
  }

  @Test
  void eachStatementIsToldWhatItsOwnBrought() throws Exception {
    var trip = new Trip(store.connection());
    for (int i = 0; i < OFTEN; i++) {
      told.clear();
      trip.add("delete from t");
      insert(trip, 1, "a");
      ask(trip, "select v from t", 1);
      insert(trip, 2, "b");
      ask(trip, "select v from t where id > 2", 1);
      ask(trip, "select v from t order by id", 2);
      assertEquals(List.of(), told);
      trip.send();
      assertEquals(List.of("written 1", "a", "written 1", "a", "b"), told);
    }
    trip.send();
    assertEquals(5, told.size(), "what was sent is not sent again");
  }

  @Test
  void theyGoTogether() throws Exception {
    var seen = new HashSet<Set<String>>();
    for (int i = 0; i < OFTEN; i++) {
      told.clear();
      var trip = new Trip(store.connection());
      ask(trip, XID, 1);
      insert(trip, i, "x");
      ask(trip, XID, 1);
      trip.send();
      told.remove("written 1");
      assertEquals(1, Set.copyOf(told).size(), told::toString);
      seen.add(Set.copyOf(told));
    }
    assertEquals(OFTEN, seen.size(), "each trip is one of its own");
  }

  @Test
  void whatIsBehindAFailureIsNotExecuted() throws Exception {
    var trip = insert(new Trip(store.connection()), 1, "a");
    trip.add("select 1 / 0");
    insert(trip, 2, "b");
    assertThrows(SQLException.class, trip::send);
    assertEquals(List.of(), store.query("select id from t"));
  }

  @Test
  void manyRowsAreReadBeforeMoreIsSent() throws Exception {
    int many = 1_000_000;
    var trip = new Trip(store.connection());
    ask(trip, "select repeat('x', 20) from generate_series(1, " + many + ")", many);
    assertEquals(0, told.size());
    insert(trip, 1, "y".repeat(20_000_000)); // neither side could go on if these crossed
    assertEquals(many, told.size());
    trip.send();
    assertEquals(List.of("20000000"), store.query("select length(v) from t"));
  }
}
