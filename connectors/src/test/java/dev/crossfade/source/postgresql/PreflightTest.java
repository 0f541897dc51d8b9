package dev.crossfade.source.postgresql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.source.Problem;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each thing that keeps a source from being captured is one clear sentence with the fix. */
class PreflightTest {
  private final PostgresServer server = Servers.legacy();
  private final String database = Servers.freshDatabase(server, "legacy");

  private static CapturedTable table(String name, String... columns) {
    return new CapturedTable(
        TableName.parse(name), new CapturedTable.Aggregate("id"), List.of(columns), Set.of());
  }

  private PostgresSource source(String user, String password) {
    return source(server, user, password);
  }

  private PostgresSource source(PostgresServer at, String user, String password) {
    return new PostgresSource(
        new PostgresSettings(
            Servers.freshName("src"), at.jdbcUrl(database), user, password, Map.of()));
  }

  private String problems(CapturedTable... tables) {
    return sentences(source(server.user(), server.password()).preflight(Arrays.asList(tables)));
  }

  private static String sentences(List<Problem> problems) {
    return String.join("\n", problems.stream().map(Problem::sentence).toList());
  }

  private void sql(String sql) {
    server.execute(database, sql);
  }

  private static void says(String found, String... expected) {
    for (String part : expected) {
      assertTrue(found.contains(part), () -> "expected \"" + part + "\" in:\n" + found);
    }
  }

  @Test
  void aSoundSourceHasNoProblem() {
    sql("create table t (id int primary key, note text)");
    assertEquals("", problems(table("t")));
  }

  @Test
  void whatAMirrorCannotHoldIsSaid() {
    String columns =
        String.join(
            ", ",
            java.util.stream.IntStream.range(0, 1597).mapToObj(n -> "c" + n + " int").toList());
    sql(
        "create table wide (id int primary key, "
            + columns
            + "); create table parent (id int primary key); create table child () inherits (parent);"
            + " create table named (id int primary key, _epoch int, _before int, \"_Key\" int)");
    String found = problems(table("wide"), table("parent"), table("named"));
    says(
        found,
        "table public.wide has 1598 columns",
        "table public.parent has tables that inherit from it",
        "column _epoch of table public.named has a name that Crossfade uses",
        "column _before of table public.named has a name that Crossfade uses");
    assertEquals(4, found.lines().count(), found);
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() {
    sql(
        """
        create table nokey (id int);
        create table nothing (id int primary key);
        alter table nothing replica identity nothing;
        create table byindex (id int primary key, code text not null unique);
        alter table byindex replica identity using index byindex_code_key;
        create table deferred (id int, primary key (id) deferrable);
        create unlogged table unlogged (id int primary key);
        create table parts (id int primary key) partition by range (id);
        create view v as select 1 as id;
        create table types (id int primary key, price money, at timetz, "on" int, "ON" int,
          gen int generated always as (1) stored);
        """);
    String found =
        problems(
            table("nokey"),
            table("nothing"),
            table("byindex"),
            table("deferred"),
            table("unlogged"),
            table("parts"),
            table("v"),
            table("types"),
            table("types", "gen", "missing"),
            table("absent"));
    says(
        found,
        "table public.nokey has no primary key",
        "table public.nothing has REPLICA IDENTITY NOTHING",
        "run ALTER TABLE \"public\".\"nothing\" REPLICA IDENTITY DEFAULT",
        "table public.byindex has a REPLICA IDENTITY index over [code]",
        "table public.deferred has a DEFERRABLE primary key",
        "table public.unlogged is unlogged",
        "table public.parts is partitioned",
        "table public.v is not an ordinary table",
        "column price of table public.types has type money, which Crossfade cannot carry exactly",
        "column at of table public.types has type time with time zone",
        "only in upper and lower case",
        "table public.types has no column missing, which columns: names; name one of id, price",
        "column gen of table public.types is generated",
        "table public.absent does not exist");
  }

  @Test
  void anAggregateColumnThatIsMissingIsNamed() {
    sql("create table t (order_id int primary key)");
    says(problems(table("t")), "has no column id, which aggregate: names; name one of order_id.");
  }

  @Test
  void aRoleWithoutRightsIsToldWhichItNeeds() {
    String role = Servers.freshName("weak");
    sql(
        "create table t (id int primary key); create table secret (id int primary key);"
            + "alter table secret enable row level security; create role "
            + role
            + " login password 'pw'; grant select on secret to "
            + role);
    says(
        sentences(source(role, "pw").preflight(List.of(table("t"), table("secret")))),
        "run ALTER ROLE \"" + role + "\" REPLICATION",
        "table public.t may not be read by role " + role,
        "GRANT SELECT ON \"public\".\"t\" TO \"" + role + "\"",
        "table public.secret hides rows",
        "may not create it; run, as the tables' owner, CREATE PUBLICATION");
  }

  @Test
  void theSetupScriptMakesALeastPrivilegedRoleFit() throws Exception {
    String role = Servers.freshName("capture");
    sql(
        "create schema shop; create table shop.t (id int primary key); create table shop.n (id int primary key);"
            + "alter table shop.n replica identity nothing");
    List<CapturedTable> tables = List.of(table("shop.t"), table("shop.n"));
    var settings =
        new PostgresSettings(
            Servers.freshName("src"), server.jdbcUrl(database), role, "pw", Map.of());
    try (var admin =
            new PostgresSource(
                new PostgresSettings(
                    settings.name(),
                    settings.jdbcUrl(),
                    server.user(),
                    server.password(),
                    Map.of()));
        var source = new PostgresSource(settings)) {
      // the role does not exist: the script must not need it
      sql(source.setupScript(tables));
      sql("alter role " + role + " password 'pw'");
      sql(source.setupScript(tables));
      assertEquals("", sentences(source.preflight(tables)));
      source.ensurePublication(tables.stream().map(CapturedTable::name).toList());
      source.openLoad().close();
      source.writeFence();
      says(
          sentences(source.preflight(List.of(table("shop.t")))),
          "publication crossfade_" + settings.name() + " holds [shop.n, shop.t], expected [shop.t]",
          "ALTER PUBLICATION");
      source.dropSlot();
      admin.remove();
      admin.remove();
      assertEquals(Optional.empty(), admin.status().slot());
    }
  }

  @Test
  void aServerThatIsNotSetUpOrNotThereIsNamed() {
    PostgresServer replica = Servers.stores();
    replica.createDatabase(database);
    replica.execute(database, "create table t (id int primary key)");
    says(
        sentences(
            source(replica, replica.user(), replica.password()).preflight(List.of(table("t")))),
        "has wal_level = replica, expected logical",
        "ALTER SYSTEM SET wal_level = 'logical'");
    says(
        sentences(source(server.user(), "wrong").preflight(List.of())),
        "refuses the user " + server.user(),
        "correct user and password");
    var nowhere =
        new PostgresSource(
            new PostgresSettings("x", "jdbc:postgresql://127.0.0.1:1/x", "u", "p", Map.of()));
    says(sentences(nowhere.preflight(List.of())), "cannot be reached", "check host and port");
    var wrongName =
        new PostgresSource(
            new PostgresSettings(
                "x",
                server.jdbcUrl("no_such_database"),
                server.user(),
                server.password(),
                Map.of()));
    says(sentences(wrongName.preflight(List.of())), "has no such database");
  }

  @Test
  void shapesHaveTypesThatAStoreCanHold() {
    sql(
        """
        create type mood as enum ('sad');
        create domain cents as numeric(12,2);
        create domain price as cents;
        create table t (b text, id int not null, mood mood, moods mood[], price price not null, prices price[],
          gen int generated always as (1) stored, primary key (b, id));
        """);
    TableShape shape = source(server.user(), server.password()).shapes(List.of(table("t"))).get(0);
    assertEquals(
        List.of(
            "b text",
            "id integer",
            "mood text",
            "moods text[]",
            "price numeric(12,2)",
            "prices text[]"),
        shape.columns().stream().map(c -> c.name() + " " + c.type()).toList());
    assertEquals(List.of("b", "id"), shape.primaryKey());
    assertTrue(shape.column("price").orElseThrow().notNull());
  }

  @Test
  void aSampleIsFoundByItsValueInTextForm() {
    sql("create table t (id uuid primary key, n numeric, ok boolean, day date)");
    PostgresSource source = source(server.user(), server.password());
    assertEquals(Optional.empty(), source.anyValue(TableName.parse("t"), "id"));
    sql("insert into t values ('00000000-0000-0000-0000-000000000001', 1.50, true, null)");
    String id = source.anyValue(TableName.parse("t"), "id").orElseThrow();
    List<Row> rows = source.sample(TableName.parse("t"), "id", id);
    assertEquals(1, rows.size());
    assertEquals("1.50", rows.get(0).get("n"));
    assertEquals("true", rows.get(0).get("ok"));
    assertEquals(null, rows.get(0).get("day"));
  }
}
