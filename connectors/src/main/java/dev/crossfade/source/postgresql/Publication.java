package dev.crossfade.source.postgresql;

import dev.crossfade.event.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Crossfade's own publication: exactly the captured tables, every operation. */
final class Publication {
  /**
   * @param plain whether it publishes every operation with every row and column, and no tables by a
   *     rule (all, or a schema)
   * @param owned whether our role may alter it
   */
  record Found(SortedSet<TableName> tables, boolean plain, boolean owned) {}

  private final String name;
  private final Connection connection;

  Publication(String name, Connection connection) {
    this.name = name;
    this.connection = connection;
  }

  Optional<Found> find() throws SQLException {
    String sql =
        """
        select p.pubinsert and p.pubupdate and p.pubdelete and p.pubtruncate and not p.puballtables
                 and not exists (select from pg_publication_rel r, to_jsonb(r) j
                                 where r.prpubid = p.oid
                                   and (j ->> 'prqual' is not null or j ->> 'prattrs' is not null)),
               pg_has_role(p.pubowner, 'usage'), t.schemaname, t.tablename
        from pg_publication p left join pg_publication_tables t on t.pubname = p.pubname
        where p.pubname = ?
        """;
    var tables = new TreeSet<TableName>();
    boolean plain = true;
    boolean owned = true;
    boolean there = false;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          there = true;
          plain = row.getBoolean(1);
          owned = row.getBoolean(2);
          if (row.getString(3) != null) {
            tables.add(new TableName(row.getString(3), row.getString(4)));
          }
        }
      }
    }
    return there ? Optional.of(new Found(tables, plain, owned)) : Optional.empty();
  }

  void ensure(Collection<TableName> tables) throws SQLException {
    Optional<Found> found = find();
    if (found.isPresent()
        && found.get().plain()
        && found.get().tables().equals(new TreeSet<>(tables))) {
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("set lock_timeout = '10s'");
      statement.execute(found.isPresent() ? alter(name, tables) : create(name, tables));
      if (found.isPresent() && !found.get().plain()) {
        statement.execute(
            "alter publication "
                + Database.quote(name)
                + " set (publish = 'insert, update, delete, truncate')");
      }
    }
  }

  static String create(String name, Collection<TableName> tables) {
    return "create publication " + Database.quote(name) + " for table " + list(tables);
  }

  static String alter(String name, Collection<TableName> tables) {
    return "alter publication " + Database.quote(name) + " set table " + list(tables);
  }

  private static String list(Collection<TableName> tables) {
    return String.join(", ", new TreeSet<>(tables).stream().map(Database::quote).toList());
  }
}
