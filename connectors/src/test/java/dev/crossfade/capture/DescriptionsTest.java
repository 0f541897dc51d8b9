package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.log.Engine;
import dev.crossfade.capture.log.EngineSettings;
import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.capture.log.LogEvent;
import dev.crossfade.capture.log.TableTold;
import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.TableName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which descriptions of a table in the log say something new. */
class DescriptionsTest {
  /** Of each: the type before, the type after. */
  private static final List<List<String>> CHANGED =
      List.of(
          List.of("integer", "bigint"),
          List.of("varchar(3)", "varchar(4)"),
          List.of("varchar(3)", "varchar"),
          List.of("varchar(3)", "text"),
          List.of("char(3)", "char(4)"),
          List.of("numeric(5,2)", "numeric(6,2)"),
          List.of("numeric(5,2)", "numeric(5,3)"),
          List.of("numeric(5,2)", "numeric"),
          List.of("timestamp(3)", "timestamp(2)"),
          List.of("timestamp(3)", "timestamp"),
          List.of("timestamptz(3)", "timestamptz"),
          List.of("time(1)", "time(3)"),
          List.of("interval day to second", "interval"),
          List.of("bit varying(3)", "bit varying(5)"),
          List.of("numeric(5,2)[]", "numeric(5,3)[]"));

  private static final String WHOLE =
      "a bool, b int2, c int4, d int8, e float4, f float8, g numeric(5,2), h text, i varchar(3),"
          + " j char(3), k date, l time, n timestamp, o timestamptz(3), p uuid, q json,"
          + " r jsonb, s bytea, t xml, u inet, v cidr, w macaddr";

  /** What the engine gives of tables, in a count of new descriptions and one of all. */
  private static final class Reader implements LogConsumer {
    private final Descriptions descriptions = new Descriptions();
    private final AtomicInteger fresh = new AtomicInteger();
    private final AtomicInteger rows = new AtomicInteger();
    private final Set<TableTold> told =
        Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));

    @Override
    public void take(List<LogEvent> events, Release release) {
      for (LogEvent event : events) {
        if (event instanceof LogEvent.Change change) {
          fresh.addAndGet(descriptions.isNew(change.table()) ? 1 : 0);
          told.add(change.table());
          rows.incrementAndGet();
        }
      }
    }

    /** How many descriptions were new up to the insert that this makes. */
    int after(Fixture shop, String insert) throws Exception {
      int before = rows.get();
      shop.sql(insert);
      Fixture.await("the row of " + insert, () -> rows.get() > before);
      return fresh.get();
    }
  }

  private interface Reading {
    void with(Reader reader) throws Exception;
  }

  @SuppressWarnings("try") // the engine works by being open
  private static void reading(Fixture shop, Reading work) throws Exception {
    shop.startStreaming().close(); // leaves the publication and the slot
    var reader = new Reader();
    List<TableName> tables = shop.domain.tables().stream().map(CapturedTable::name).toList();
    var settings = EngineSettings.of(shop.source, tables);
    try (var engine = new Engine(settings, reader)) {
      work.with(reader);
    }
  }

  @Test
  void whatTheServerForgetsAndSaysAgainIsNotNew() throws Exception {
    try (var shop = new Fixture("create table t (id int primary key, " + WHOLE + ");", "t")) {
      reading(
          shop,
          reader -> {
            assertEquals(1, reader.after(shop, "insert into t values (1)"));
            List<String> caches =
                List.of(
                    "analyze t",
                    "vacuum t",
                    "create index on t (h)",
                    "grant select on t to public");
            int id = 2;
            for (String forget : caches) {
              shop.sql(forget);
              assertEquals(1, reader.after(shop, "insert into t values (" + id++ + ")"), forget);
            }
            assertTrue(reader.told.size() > 1, "the server said nothing again");
          });
    }
  }

  @Test
  void aColumnOfAnotherTypeIsNew() throws Exception {
    var columns = new ArrayList<String>();
    var changes = new LinkedHashMap<String, String>();
    for (List<String> change : CHANGED) {
      String column = "c" + columns.size();
      columns.add(column + " " + change.get(0));
      changes.put(
          change.get(0) + " to " + change.get(1),
          "alter table t alter %s type %s".formatted(column, change.get(1)));
    }
    changes.put("a column more", "alter table t add more int");
    changes.put("a column less", "alter table t drop more");
    changes.put("not null", "alter table t alter needed set not null");
    changes.put("another name", "alter table t rename needed to wanted");
    changes.put(
        "another key", "alter table t drop constraint t_pkey, add primary key (id, wanted)");
    changes.put(
        "an enum of the same name",
        "create type mood2 as enum ('a', 'b'); alter table t alter m type mood2 using null;"
            + " drop type mood; alter type mood2 rename to mood");
    changes.put(
        "a domain of the same name",
        "create domain nat2 as bigint; alter table t alter n type nat2; drop domain nat;"
            + " alter domain nat2 rename to nat");
    String table =
        "create type mood as enum ('a'); create domain nat as int;"
            + " create table t (id int primary key, needed int default 1, m mood, n nat, %s);"
                .formatted(String.join(", ", columns));
    try (var shop = new Fixture(table, "t")) {
      reading(shop, reader -> eachIsNew(shop, reader, changes));
    }
  }

  @Test
  void tablesWhoseNamesDifferInASignAreTwo() throws Exception {
    String tables =
        "create table \"a$b\" (id int primary key, v int); create table a_b (id int primary key);";
    try (var shop = new Fixture(tables, "a$b", "a_b")) {
      reading(
          shop,
          reader -> {
            assertEquals(1, reader.after(shop, "insert into \"a$b\" values (1)"));
            assertEquals(2, reader.after(shop, "insert into a_b values (1)"));
            assertEquals(2, reader.after(shop, "insert into \"a$b\" values (2)"));
            assertEquals(2, reader.after(shop, "insert into a_b values (2)"));
            shop.sql("alter table \"a$b\" drop v"); // as the other one is
            assertEquals(3, reader.after(shop, "insert into \"a$b\" values (3)"));
          });
    }
  }

  private static void eachIsNew(Fixture shop, Reader reader, Map<String, String> changes)
      throws Exception {
    int id = 1;
    int fresh = reader.after(shop, "insert into t (id) values (" + id++ + ")");
    var missed = new ArrayList<String>();
    for (Map.Entry<String, String> change : changes.entrySet()) {
      shop.sql(change.getValue());
      int now = reader.after(shop, "insert into t (id) values (" + id++ + ")");
      if (now == fresh) {
        missed.add(change.getKey());
      }
      fresh = now;
    }
    assertEquals("", missed.stream().collect(Collectors.joining(", ")));
  }
}
