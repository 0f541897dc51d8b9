package dev.crossfade.store;

import dev.crossfade.tables.OwnTables;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;

/** Crossfade's own tables in a store, and the settings of a session that writes there. */
public final class StoreSchema {
  static final OwnTables TABLES =
      new OwnTables(
          "crossfade/store", "flyway_store", List.of("V1__crossfade.sql", "V2__furthest.sql"));

  private static final String LOCK_TIMEOUT = "lock_timeout = '5s'";

  /** After a part of a transaction that waited less for locks. */
  public static final String LOCK_TIMEOUT_AGAIN = "set local " + LOCK_TIMEOUT;

  private StoreSchema() {}

  /** Creates or upgrades the schema {@code crossfade}. Safe to call at every start. */
  public static void migrate(DataSource store) {
    TABLES.ensure(store);
  }

  /** For a check that is rolled back: the same tables, if they are not there yet. */
  public static void createWithin(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery("select to_regclass('crossfade.progress') is not null")) {
        rows.next();
        if (rows.getBoolean(1)) {
          return;
        }
      }
      statement.execute("create schema if not exists crossfade");
      for (String script : TABLES.resources()) {
        statement.execute(text(script));
      }
    }
  }

  private static String text(String script) {
    try (InputStream in = StoreSchema.class.getResourceAsStream(script)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + script, e);
    }
  }

  /**
   * Prepares a session: naive timestamps are UTC, texts are read as the source prints them, and a
   * plan that was made while a table was still empty must not scan the table when it has grown. A
   * trigger of the service can tell Crossfade's writes by the setting {@code crossfade.applying}. A
   * lock that the service holds for long is said to be what it is, and tried for again. A
   * transaction that has begun sees what another one commits meanwhile, whatever the database's
   * default is: the batch before it may.
   */
  public static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          set timezone = 'UTC';
          set datestyle = 'ISO, YMD';
          set enable_seqscan = off;
          set jit = off;
          set %s;
          set idle_in_transaction_session_timeout = '6s';
          set client_min_messages = warning;
          set default_transaction_isolation = 'read committed';
          set crossfade.applying = 'on'
          """
              .formatted(LOCK_TIMEOUT));
    }
  }
}
