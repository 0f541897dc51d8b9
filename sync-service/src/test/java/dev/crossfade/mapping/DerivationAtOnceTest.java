package dev.crossfade.mapping;

import static dev.crossfade.fixture.StoreFixture.target;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.crossfade.domain.Target;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.fixture.StoreFixture;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What the one statement must leave to the steps, or must not confuse: it reads a service table by
 * aggregate and finds rows again by their place.
 */
class DerivationAtOnceTest {
  private static final Changes LINE = new Changes("line", "id");

  private StoreFixture store;

  private void lines(String... ddl) throws Exception {
    store = new StoreFixture(ddl);
    store.captures("line", "order_id", 1, "id integer", "order_id integer", "name text");
    store.map(
        target(
            "lines",
            "id",
            "order_id",
            "SELECT id, order_id, name FROM legacy.line WHERE order_id = any(:keys)"));
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  private static ChangeEvent created(int at, int id, int order, String name) {
    return LINE.create(at, at, "id=" + id, "order_id=" + order, "name=" + name);
  }

  private static ChangeEvent updated(int at, int id, int order, String name) {
    return LINE.update(at, at, "id=" + id, "order_id=" + order, "name=" + name);
  }

  private List<String> rows() throws Exception {
    return store.query("select id, order_id, name from lines order by id");
  }

  @Test
  void rowsAtTheSamePlaceInTwoPartitionsAreTwoRows() throws Exception {
    lines(
        "create table lines (id int primary key, order_id int, name text) partition by range (id)",
        "create table lines_low partition of lines for values from (0) to (100)",
        "create table lines_high partition of lines for values from (100) to (200)");
    store.apply(created(10, 1, 1, "low"), created(11, 101, 1, "high"));
    assertEquals(
        List.of("1"), store.query("select count(distinct ctid) from lines"), "the same place");
    store.apply(updated(20, 1, 1, "LOW"));
    assertEquals(List.of("1|1|LOW", "101|1|high"), rows());
    store.apply(LINE.delete(30, 30, "id=101"));
    assertEquals(List.of("1|1|LOW"), rows());
  }

  @Test
  void whatOnlyTheCommitRefusesIsNoRowToPark() throws Exception {
    lines(
        "create table names (name text primary key)",
        "create table lines (id int primary key, order_id int,"
            + " name text references names deferrable initially deferred)");
    var refused =
        assertThrows(SQLException.class, () -> store.apply(created(10, 1, 1, "unheard of")));
    assertEquals("23503", refused.getSQLState(), refused::getMessage);
    store.connection().rollback();
    assertEquals(List.of(), rows());
    store.execute("insert into names values ('known')");
    assertEquals(Map.of(), store.apply(created(10, 1, 1, "known")));
    assertEquals(List.of("1|1|known"), rows());
  }

  @Test
  void triggersAreSuppressedWhileItWritesAndNotInTheCommit() throws Exception {
    store =
        new StoreFixture(
            "create table lines (id int primary key, order_id int, name text)",
            "create table fired (role text)",
            "create function fire() returns trigger language plpgsql as $$ begin"
                + " insert into fired values (tg_name || ' ' || current_setting('session_replication_role'));"
                + " return null; end $$",
            "create trigger plain after insert on lines for each row execute function fire()",
            "create trigger early after insert on lines for each row execute function fire()",
            "create constraint trigger late after insert on lines deferrable initially deferred"
                + " for each row execute function fire()",
            "alter table lines enable always trigger early",
            "alter table lines enable always trigger late");
    store.captures("line", "order_id", 1, "id integer", "order_id integer", "name text");
    store.map(
        new Target(
            "lines",
            "SELECT id, order_id, name FROM legacy.line WHERE order_id = any(:keys)",
            List.of("id"),
            "order_id",
            Optional.empty(),
            Optional.empty(),
            Set.of(),
            Optional.empty(),
            Map.of(),
            Target.Triggers.SUPPRESS));
    store.apply(created(10, 1, 1, "a"));
    assertEquals(
        List.of("early replica", "late origin"), store.query("select role from fired order by 1"));
  }

  @Test
  void aRowThatTheServiceChangesMeanwhileIsWrittenAllTheSame() throws Exception {
    lines("create table lines (id int primary key, order_id int, name text, seen int)");
    store.apply(created(10, 1, 1, "a"), created(11, 2, 1, "a"));
    try (Connection service = store.pool().getConnection();
        Statement statement = service.createStatement()) {
      service.setAutoCommit(false);
      statement.execute("update lines set seen = 7 where id = 1");
      var derived =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return store.apply(updated(20, 1, 1, "b"), updated(21, 2, 1, "b"));
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      FlowFixture.await(
          "the derivation waits for the service's lock",
          Duration.ofSeconds(60),
          () -> {
            try (Statement look = service.createStatement();
                var found =
                    look.executeQuery(
                        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()")) {
              return found.next();
            }
          });
      service.commit();
      assertEquals(Map.of(), derived.get(20, TimeUnit.SECONDS));
    }
    assertEquals(
        List.of("1|b|7", "2|b|~"), store.query("select id, name, seen from lines order by id"));
  }

  @Test
  void aTriggerThatKeepsARowAsItIsHoldsNothingUp() throws Exception {
    lines(
        "create table lines (id int primary key, order_id int, name text)",
        "create function kept() returns trigger language plpgsql as $$ begin return null; end $$",
        "create trigger kept before update on lines for each row when (old.name = 'kept') execute function kept()");
    store.apply(created(10, 1, 1, "kept"), created(11, 2, 1, "a"));
    assertEquals(Map.of(), store.apply(updated(20, 1, 1, "b"), updated(21, 2, 1, "b")));
    assertEquals(List.of("1|1|kept", "2|1|b"), rows());
  }

  @Test
  void aRowUnderAnotherAggregateThanTheMirrorSaysIsFoundByItsKey() throws Exception {
    lines("create table lines (id int primary key, order_id int, name text)");
    store.execute("insert into lines values (1, 9, 'of the service')");
    assertEquals(Map.of(), store.apply(created(10, 1, 1, "a")));
    assertEquals(List.of("1|1|a"), rows());
  }
}
