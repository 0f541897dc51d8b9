package dev.crossfade.mapping;

import static dev.crossfade.fixture.StoreFixture.target;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How many rows of the service table a derivation reads, as the server counts them: in proportion
 * to the rows of the aggregates that it derives, whatever the server believes of their number.
 */
class DerivationWorkTest {
  private static final Changes LINE = new Changes("line", "order_id", "line");
  private static final int MANY = 3_000;

  private StoreFixture store;

  /**
   * @param type of a column: a text is derived in one statement, a domain in steps
   */
  private void open(String type) throws Exception {
    store =
        new StoreFixture(
            "create domain label as text",
            "create table lines (order_id int, line int, name %s, primary key (order_id, line))"
                .formatted(type),
            "create index on lines (order_id)",
            "alter table lines set (autovacuum_enabled = false)");
    store.captures("line", "order_id", 2, "order_id integer", "line integer", "name text");
    store.map(
        target(
            "lines",
            "order_id,line",
            "order_id",
            "SELECT order_id, line, name FROM legacy.line WHERE order_id = any(:keys)"));
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  private static ChangeEvent line(int at, int order, int line) {
    return LINE.create(at, at + line, "order_id=" + order, "line=" + line, "name=x");
  }

  private long rowsRead() throws Exception {
    store.execute("select pg_stat_force_next_flush()");
    return Long.parseLong(
        store
            .query(
                "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables where relname = 'lines'")
            .get(0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "label"})
  void anAggregateOfThousandsOfRowsIsReadInProportion(String type) throws Exception {
    open(type);
    for (int order = 1; order <= 20; order++) {
      store.apply(line(1000 * order, order, 1));
    }
    store.execute("analyze lines, legacy.line"); // each order has one line, as far as it knows
    store.apply(
        IntStream.rangeClosed(1, MANY)
            .mapToObj(n -> line(100_000, 50, n))
            .toArray(ChangeEvent[]::new));
    long before = rowsRead();
    store.apply(line(200_000, 50, MANY + 1));
    assertEquals(
        List.of("" + (MANY + 1)), store.query("select count(*) from lines where order_id = 50"));
    long read = rowsRead() - before - MANY - 21;
    assertTrue(read < 10 * MANY, read + " rows were read to derive " + MANY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "label"})
  void fewAggregatesOfALargeTableAreReadAlone(String type) throws Exception {
    open(type);
    store.execute("insert into lines select g, 1, 'x' from generate_series(1000, 100000) g");
    store.execute("analyze lines");
    for (int n = 1; n <= 12; n++) { // the server keeps a plan after some
      store.apply(line(1000 * n, 1000 + n, 1), line(1000 * n + 100, 2000 + n, 1));
    }
    long before = rowsRead();
    store.apply(
        IntStream.range(0, 100)
            .mapToObj(n -> line(100_000 + 10 * n, 1000 + n, 2))
            .toArray(ChangeEvent[]::new));
    long read = rowsRead() - before;
    assertTrue(read < 2000, read + " rows were read to derive 100");
  }

  @Test
  void littleIsNotPlannedEachTime() throws Exception {
    open("text");
    store.apply(
        IntStream.rangeClosed(1, MANY).mapToObj(n -> line(1000, n, 1)).toArray(ChangeEvent[]::new));
    store.execute("analyze lines, legacy.line");
    for (int n = 1; n <= 20; n++) {
      store.apply(line(100_000 + n, MANY + n, 1));
    }
    assertEquals(
        List.of("0"),
        store.query(
            "select custom_plans from pg_prepared_statements where statement like '%with \"crossfade derived%' and generic_plans > 5"));
  }
}
