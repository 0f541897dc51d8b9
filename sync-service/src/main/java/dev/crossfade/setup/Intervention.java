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

  /** The domains of other Crossfades that keep their progress in this store. */
  public static List<String> otherDomains(DataSource store, List<String> ours) throws SQLException {
    return others(
        store, "crossfade.progress", "select domain from crossfade.progress order by 1", ours);
  }

  /** The other sources of which this control database keeps the state. */
  public static List<String> otherSources(DataSource control, String ours) throws SQLException {
    return others(
        control,
        "crossfade.capture",
        "select source from crossfade.capture order by 1",
        List.of(ours));
  }

  private static List<String> others(
      DataSource database, String table, String sql, List<String> ours) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      var found = new ArrayList<String>();
      if (there(statement, table)) {
        try (ResultSet rows = statement.executeQuery(sql)) {
          while (rows.next()) {
            found.add(rows.getString(1));
          }
        }
        found.removeAll(ours);
      }
      return found;
    }
  }

  /** Forgets domains, and the tables that they mirrored, in a store that others go on to use. */
  public static void forgetDomains(DataSource store, List<String> domains, List<String> tables)
      throws SQLException {
    try (Connection connection = store.getConnection()) {
      connection.setAutoCommit(false);
      for (String table : List.of("progress", "dirty", "marker")) {
        delete(connection, table, "domain", domains);
      }
      for (String table : List.of("deleted", "floor")) {
        delete(connection, table, "table_name", tables);
      }
      connection.commit();
    }
  }

  private static void delete(Connection connection, String table, String column, List<String> these)
      throws SQLException {
    String sql = "delete from crossfade.%s where %s = any(?)".formatted(table, column);
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      delete.setArray(1, connection.createArrayOf("text", these.toArray()));
      delete.executeUpdate();
    }
  }

  /** Whether the control database remembers a load of the source. */
  public static boolean remembers(DataSource control, String source) throws SQLException {
    try (Connection connection = control.getConnection()) {
      try (Statement statement = connection.createStatement()) {
        if (!there(statement, "crossfade.capture")) {
          return false;
        }
      }
      try (PreparedStatement statement =
          connection.prepareStatement(
              "select 1 from crossfade.capture where source = ? and load_state <> 'none'")) {
        statement.setString(1, source);
        try (ResultSet row = statement.executeQuery()) {
          return row.next();
        }
      }
    }
  }

  private static boolean there(Statement statement, String table) throws SQLException {
    try (ResultSet row =
        statement.executeQuery("select to_regclass('" + table + "') is not null")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /**
   * Tables in a schema that is called like a mirror and that are no mirror's: every table of a
   * mirror has the position of the change that wrote a row.
   */
  public static List<String> strangers(DataSource database, String schema) throws SQLException {
    try (Connection connection = database.getConnection()) {
      return strangers(connection, schema);
    }
  }

  static List<String> strangers(Connection connection, String schema) throws SQLException {
    String sql =
        """
        select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = ? and c.relkind in ('r', 'p', 'f', 'm', 'v')
          and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = '_epoch')
        order by 1
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      var found = new ArrayList<String>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(rows.getString(1));
        }
      }
      return found;
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

  /**
   * The largest epoch and generation that a store has seen; zeros if Crossfade never wrote there.
   */
  public record Seen(int epoch, long generation) {
    public static final Seen NOTHING = new Seen(0, 0);

    public Seen and(Seen other) {
      return new Seen(Math.max(epoch, other.epoch), Math.max(generation, other.generation));
    }
  }

  /**
   * What domains of a store have seen.
   *
   * @param domains empty for all of them
   */
  public static Seen seen(DataSource store, List<String> domains) throws SQLException {
    String sql =
        """
        select coalesce(max(greatest(epoch, loaded_epoch, open_epoch)), 0),
               coalesce(max(greatest(generation, void_generation)), 0)
        from crossfade.progress where cardinality(?::text[]) = 0 or domain = any(?)
        """;
    try (Connection connection = store.getConnection()) {
      try (Statement statement = connection.createStatement()) {
        if (!there(statement, "crossfade.progress")) {
          return Seen.NOTHING;
        }
      }
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        for (int i = 1; i <= 2; i++) {
          statement.setArray(i, connection.createArrayOf("text", domains.toArray()));
        }
        try (ResultSet row = statement.executeQuery()) {
          row.next();
          return new Seen(row.getInt(1), row.getLong(2));
        }
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
