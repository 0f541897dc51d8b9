package dev.crossfade.userwalk;

import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * Somebody's own databases and the files that they write: a library's monolith in a schema of its
 * own, and the new service that takes over the loans. Every object has an owner that is not
 * Crossfade's.
 */
final class Library {
  static final String STORE_SCHEMA = "circulation";

  final PostgresServer legacy = Servers.legacy();
  final PostgresServer stores = Servers.stores();
  final String name = Servers.freshName("library");
  final String domain = Servers.freshName("lending");
  final String captureRole = Servers.freshName("cf_capture");
  final String applyRole = Servers.freshName("cf_apply");
  final String controlRole = Servers.freshName("cf_control");
  final String legacyDatabase = Servers.freshDatabase(legacy, "library");
  final String storeDatabase = Servers.freshDatabase(stores, "circulation");
  final String controlDatabase = Servers.freshDatabase(stores, "crossfade");
  final Path folder = Servers.freshFolder("library");
  final Path cache = folder.resolve("cache");
  final Map<String, String> secrets =
      Map.of("LIBRARY_PASSWORD", "one:{a}", "LOANS_PASSWORD", "two'b", "CONTROL_PASSWORD", "three");
  final int port;

  /** What the service is started with. */
  Map<String, String> environment() {
    var environment = new HashMap<>(secrets);
    environment.put("CROSSFADE_CACHE", cache.toString());
    return environment;
  }

  Library() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    String app = Servers.freshName("library_app");
    legacy.execute(
        legacyDatabase,
        """
        revoke create on schema public from public;
        create role %1$s;
        create schema lib authorization %1$s;
        set role %1$s;
        create table lib.books (isbn text primary key, title text not null);
        create table lib.loans (branch int, loan_no int, isbn text not null references lib.books, reader text,
          lent date not null, back date, state char(1) not null, primary key (branch, loan_no));
        create table lib.unrelated (id int primary key);
        insert into lib.books values ('111', 'Dune'), ('222', 'Emma');
        insert into lib.loans values (1, 1, '111', 'Ada Grey', '2026-01-05', null, 'o'),
          (1, 2, '222', 'Bob Hill', '2026-01-06', '2026-01-20', 'b'), (2, 1, '222', 'Cid Moor', '2026-02-01', null, 'o');
        """
            .formatted(app));
    String service = Servers.freshName("circulation_app");
    stores.execute(
        storeDatabase,
        """
        create role %1$s;
        create schema circulation authorization %1$s;
        set role %1$s;
        create table circulation.loans (branch int, number int, title text not null, reader text, open boolean not null,
          status text not null constraint status_known check (status in ('OUT', 'BACK')),
          days int generated always as (case when back is not null then back - lent end) stored, lent date not null, back date,
          noted timestamptz not null default now(), primary key (branch, number));
        create table circulation.branches (branch int primary key, loans int not null, out int not null);
        """
            .formatted(service));
    Path loans = Files.createDirectories(folder.resolve("loans"));
    Files.writeString(
        loans.resolve("domain.yml"),
        """
        domain: %s
        store: loans-store
        tables:
          lib.loans: { aggregate: branch }
          lib.books: { reference: true, dependants: "SELECT branch FROM %2$s.loans WHERE isbn = any(:keys)" }
        targets:
          circulation.loans: { select: loans.sql, key: [branch, number], aggregate: branch, per: lib.loans }
          circulation.branches: { select: branches.sql, key: [branch], aggregate: branch }
        sensitive: { lib.loans: [reader] }
        """
            .formatted(domain, name));
    Files.writeString(
        loans.resolve("loans.sql"),
        """
        SELECT l.branch, l.loan_no AS number, b.title, l.reader, l.back IS NULL AS open, l.lent, l.back,
               CASE l.state WHEN 'o' THEN 'OUT' WHEN 'b' THEN 'BACK' WHEN 'l' THEN 'LOST' END AS status
        FROM %1$s.loans l JOIN %1$s.books b USING (isbn) WHERE l.branch = any(:keys)
        """
            .formatted(name));
    Files.writeString(
        loans.resolve("branches.sql"),
        """
        SELECT branch, count(*)::int AS loans, count(*) FILTER (WHERE back IS NULL)::int AS out
        FROM %s.loans WHERE branch = any(:keys) GROUP BY branch
        """
            .formatted(name));
    Files.writeString(
        folder.resolve("crossfade.yml"),
        """
        sources: { %s: { kind: postgresql, url: "%s", user: %s, password: ${LIBRARY_PASSWORD} } }
        stores: { loans-store: { url: "%s", user: %s, password: ${LOANS_PASSWORD} } }
        control: { url: "%s", user: %s, password: ${CONTROL_PASSWORD} }
        kafka: { bootstrap.servers: "%s", retention: 1d }
        domains: [ loans ]
        http: { port: %d }
        """
            .formatted(
                name,
                legacy.jdbcUrl(legacyDatabase),
                captureRole,
                stores.jdbcUrl(storeDatabase),
                applyRole,
                stores.jdbcUrl(controlDatabase),
                controlRole,
                Servers.kafka().bootstrapServers(),
                port));
  }

  /** What a person does after the scripts of init: roles get their passwords. */
  void setPasswords() {
    legacy.execute(legacyDatabase, "alter role " + captureRole + " password 'one:{a}'");
    stores.execute(storeDatabase, "alter role " + applyRole + " password 'two''b'");
    stores.execute(storeDatabase, "alter role " + controlRole + " password 'three'");
  }

  void legacy(String sql) {
    legacy.execute(legacyDatabase, sql);
  }

  /** The rows of both service tables, as text. */
  String service() throws SQLException {
    return one(
        stores,
        storeDatabase,
        """
        select (select string_agg(concat_ws('|', branch, number, title, reader, status, days), ' ' order by branch, number) from circulation.loans)
          || ' / ' || (select string_agg(concat_ws('|', branch, loans, out), ' ' order by branch) from circulation.branches)
        """);
  }

  static String one(PostgresServer server, String database, String sql) throws SQLException {
    try (Connection connection = server.connect(database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "";
    }
  }
}
