package dev.crossfade.setup;

import dev.crossfade.store.Failure;
import dev.crossfade.store.Quote;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** Commands that reach into a store or the control database past a running service. */
public final class Intervention {
  private Intervention() {}

  /** The schemas of Crossfade's that a database has, of those that it may have. */
  public static List<String> schemas(DataSource database, List<String> candidates)
      throws SQLException {
    String sql = "select nspname from pg_namespace where nspname = any(?) order by 1";
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", candidates.toArray()));
      var found = new ArrayList<String>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
      return found;
    }
  }

  /** Drops schemas with everything in them, all or none. */
  public static void drop(DataSource database, List<String> schemas) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("set local lock_timeout = '10s'");
        for (String schema : schemas) {
          statement.execute("drop schema if exists " + Quote.name(schema) + " cascade");
        }
      }
      connection.commit();
    }
  }

  /** Makes what is parked in a domain due now; whoever applies the domain derives it. */
  public static int redrive(DataSource store, String domain) throws SQLException {
    String sql =
        "update crossfade.dirty set next_try = now() where domain = ? and reason is not null";
    try (Connection connection = store.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, domain);
      return statement.executeUpdate();
    }
  }

  /** The largest epoch that a store has seen; 0 if Crossfade never wrote there. */
  public static int epochSeen(DataSource store) throws SQLException {
    try (Connection connection = store.getConnection();
        Statement statement = connection.createStatement()) {
      try (ResultSet there =
          statement.executeQuery("select to_regclass('crossfade.progress') is not null")) {
        there.next();
        if (!there.getBoolean(1)) {
          return 0;
        }
      }
      try (ResultSet epoch =
          statement.executeQuery(
              "select coalesce(max(greatest(epoch, loaded_epoch, open_epoch)), 0) from crossfade.progress")) {
        epoch.next();
        return epoch.getInt(1);
      }
    }
  }

  /** Whether the database could not be reached, or may do it later. */
  public static boolean away(SQLException e) {
    return Failure.of(e) == Failure.RETRY;
  }

  public static String sentence(SQLException e) {
    return Failure.sentence(e);
  }
}
