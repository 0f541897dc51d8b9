package dev.crossfade.source.postgresql;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.TableName;
import dev.crossfade.source.Problem;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Finds everything that keeps a PostgreSQL source from being captured. Reads only. */
final class Preflight {
  /** What a row of the mirror has beside the source's columns, in its table or on the way there. */
  private static final Set<String> RESERVED =
      Set.of("_epoch", "_base", "_lsn", "_key", "_aggregate", "_before", "_b", "_l", "_n");

  /** PostgreSQL's limit of 1,600, less the three of a row's position. */
  private static final int MOST_COLUMNS = 1597;

  private final PostgresSettings settings;
  private final Connection connection;
  private final List<Problem> problems = new ArrayList<>();

  Preflight(PostgresSettings settings, Connection connection) {
    this.settings = settings;
    this.connection = connection;
  }

  List<Problem> problems(List<CapturedTable> tables) throws SQLException {
    server();
    role();
    var byName = new TreeMap<TableName, List<CapturedTable>>();
    tables.forEach(t -> byName.computeIfAbsent(t.name(), n -> new ArrayList<>()).add(t));
    var catalog = new Catalog(connection);
    var found = new ArrayList<Catalog.Table>();
    for (var entry : byName.entrySet()) {
      Optional<Catalog.Table> table = catalog.table(entry.getKey());
      if (table.isEmpty()) {
        problems.add(missing(settings.name(), entry.getKey()));
      } else {
        found.add(table.get());
        table(table.get());
        for (CapturedTable captured : entry.getValue()) {
          columns(captured, table.get());
        }
      }
    }
    if (found.size() == byName.size()) {
      publication(found);
    }
    return List.copyOf(new java.util.LinkedHashSet<>(problems));
  }

  static Problem missing(String source, TableName table) {
    return new Problem(
        "table " + table,
        "does not exist in source " + source,
        "correct its name in domain.yml (schema.table; a bare name is one in public)");
  }

  private void server() throws SQLException {
    String where = "source " + settings.name();
    int version = Integer.parseInt(show("server_version_num"));
    if (version < 140000) {
      add(where, "runs PostgreSQL " + show("server_version"), "Crossfade needs 14 or newer");
    }
    if (one("select pg_is_in_recovery()::text").equals("true")) {
      add(where, "is a standby, which cannot be captured", "name its primary in the url");
      return;
    }
    if (show("server_encoding").equals("SQL_ASCII")) {
      add(
          where,
          "has the encoding SQL_ASCII, so nobody knows which characters its texts are",
          "move it to a database with the encoding that its clients use");
    }
    if (!show("wal_level").equals("logical")) {
      add(
          where,
          "has wal_level = " + show("wal_level") + ", expected logical",
          "run ALTER SYSTEM SET wal_level = 'logical' and restart the server");
    }
    boolean ours =
        one("select count(*) from pg_replication_slots where slot_name = "
                + Database.literal(settings.slot()))
            .equals("1");
    if (ours) {
      String whose =
          one(
              "select plugin || ' in ' || database from pg_replication_slots where slot_name = "
                  + Database.literal(settings.slot()));
      String expected = "pgoutput in " + one("select current_database()");
      if (!whose.equals(expected)) {
        add(
            "slot " + settings.slot(),
            "is for " + whose + ", expected " + expected,
            "drop it or give the source another name");
      }
    } else if (!bool(
        "select count(*) < current_setting('max_replication_slots')::int from pg_replication_slots")) {
      add(
          where,
          "has no free replication slot (max_replication_slots = "
              + show("max_replication_slots")
              + ")",
          "raise max_replication_slots and restart the server, or drop a slot that nobody uses");
    }
    if (Integer.parseInt(show("max_wal_senders")) < 2) {
      add(
          where,
          "has max_wal_senders = " + show("max_wal_senders") + ", expected 2 or more",
          "raise max_wal_senders and restart the server");
    }
  }

  private void role() throws SQLException {
    if (!bool("select rolreplication or rolsuper from pg_roles where rolname = current_user")) {
      add(
          "role " + settings.user(),
          "may not replicate from source " + settings.name(),
          "run ALTER ROLE " + Database.quote(settings.user()) + " REPLICATION");
    }
  }

  private void table(Catalog.Table table) {
    String where = "table " + table.name();
    if (table.kind().equals("p")) {
      add(where, "is partitioned", "capture its partitions, each as a table of its own");
      return;
    } else if (!table.kind().equals("r")) {
      add(where, "is not an ordinary table", "only ordinary tables are in the log; leave it out");
      return;
    }
    if (!table.persistence().equals("p")) {
      add(
          where,
          "is unlogged or temporary, so its changes are not in the log",
          "run ALTER TABLE " + Database.quote(table.name()) + " SET LOGGED or leave it out");
    }
    if (table.primaryKey().isEmpty()) {
      add(
          where,
          "has no primary key, so its rows cannot be told apart",
          "add a primary key or leave the table out");
    } else if (table.deferrableKey()) {
      add(
          where,
          "has a DEFERRABLE primary key, with which keys may swap inside a transaction",
          "make the key NOT DEFERRABLE or leave the table out");
    }
    if (table.inherited()) {
      add(
          where,
          "has tables that inherit from it: a SELECT of it shows their rows, its log does not",
          "leave it out, or capture tables that nothing inherits from");
    }
    replicaIdentity(where, table);
    if (!table.readable()) {
      add(
          where,
          "may not be read by role " + settings.user(),
          "run GRANT USAGE ON SCHEMA %s TO %s; GRANT SELECT ON %s TO %s"
              .formatted(
                  Database.quote(table.name().schema()),
                  Database.quote(settings.user()),
                  Database.quote(table.name()),
                  Database.quote(settings.user())));
    }
    if (table.rowSecurity()) {
      add(
          where,
          "hides rows from role " + settings.user() + " by row-level security",
          "run ALTER ROLE " + Database.quote(settings.user()) + " BYPASSRLS");
    }
    if (!table.name().toString().matches("[^.,\"\\\\]+\\.[^.,\"\\\\]+")) {
      add(where, "has a dot, comma, quote or backslash in its name", "rename it or leave it out");
    }
  }

  private void replicaIdentity(String where, Catalog.Table table) {
    String fix = "run ALTER TABLE " + Database.quote(table.name()) + " REPLICA IDENTITY DEFAULT";
    if (table.replicaIdentity().equals("n")) {
      add(
          where,
          "has REPLICA IDENTITY NOTHING: once it is published, UPDATE and DELETE fail in the"
              + " application that uses it",
          fix);
    } else if (table.replicaIdentity().equals("i")
        && !table.identity().containsAll(table.primaryKey())) {
      add(
          where,
          "has a REPLICA IDENTITY index over " + table.identity() + " without its primary key",
          fix);
    }
  }

  private void columns(CapturedTable captured, Catalog.Table table) {
    String where = "table " + table.name();
    for (String column : captured.columns()) {
      expect(where, table, column, "columns:");
    }
    if (captured.role() instanceof CapturedTable.Aggregate aggregate) {
      expect(where, table, aggregate.column(), "aggregate:");
    }
    var seen = new TreeSet<String>();
    if (table.columns().size() > MOST_COLUMNS) {
      add(
          where,
          "has " + table.columns().size() + " columns, and a mirror can hold " + MOST_COLUMNS,
          "split it or leave it out");
    }
    for (Catalog.Column column : table.columns()) {
      if (captured.takes(column.name()) && RESERVED.contains(column.name())) {
        add(
            "column " + column.name() + " of " + where,
            "has a name that Crossfade uses in the mirror",
            "rename it, or leave it out by naming the other columns in columns:");
      }
      if (!seen.add(column.name().toLowerCase(Locale.ROOT))) {
        add(
            where,
            "has columns that differ from " + column.name() + " only in upper and lower case",
            "rename one of them or leave the table out");
      }
      if (captured.takes(column.name()) && !column.generated() && !column.exact()) {
        add(
            "column " + column.name() + " of " + where,
            "has type " + column.type() + ", which Crossfade cannot carry exactly",
            "leave it out by naming the other columns in columns:");
      }
    }
  }

  private void expect(String where, Catalog.Table table, String column, String setting) {
    Optional<Catalog.Column> found = table.column(column);
    if (found.isEmpty()) {
      add(
          where,
          "has no column " + column + ", which " + setting + " names",
          "name one of "
              + String.join(", ", table.columns().stream().map(Catalog.Column::name).toList()));
    } else if (found.get().generated()) {
      add(
          "column " + column + " of " + where,
          "is generated, and generated columns are not in the log",
          "leave it out of " + setting + " and compute it in the mapping");
    }
  }

  private void publication(List<Catalog.Table> tables) throws SQLException {
    var wanted = new TreeSet<TableName>();
    tables.forEach(table -> wanted.add(table.name()));
    String name = settings.slot();
    Optional<Publication.Found> found = new Publication(name, connection).find();
    if (found.isPresent() && found.get().plain() && found.get().tables().equals(wanted)) {
      return;
    }
    boolean superuser = bool("select rolsuper from pg_roles where rolname = current_user");
    boolean mayCreate =
        found.isPresent()
            ? found.get().owned()
            : bool("select has_database_privilege(current_database(), 'create')");
    if (superuser || mayCreate && tables.stream().allMatch(Catalog.Table::owned)) {
      return; // capture makes it so
    }
    if (found.isEmpty()) {
      add(
          "publication " + name,
          "does not exist, and role " + settings.user() + " may not create it",
          "run, as the tables' owner, " + upper(Publication.create(name, wanted)));
    } else {
      add(
          "publication " + name,
          "holds " + found.get().tables() + ", expected " + wanted + " with every operation",
          "run, as its owner, " + upper(Publication.alter(name, wanted)));
    }
  }

  private static String upper(String sql) {
    return sql.replaceFirst("^create publication", "CREATE PUBLICATION")
        .replaceFirst("^alter publication", "ALTER PUBLICATION")
        .replace(" for table ", " FOR TABLE ")
        .replace(" set table ", " SET TABLE ");
  }

  private void add(String where, String what, String fix) {
    problems.add(new Problem(where, what, fix));
  }

  private String show(String setting) throws SQLException {
    return one("select current_setting(" + Database.literal(setting) + ")");
  }

  private boolean bool(String sql) throws SQLException {
    return one(sql).equals("t");
  }

  private String one(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }
}
