package dev.crossfade.setup;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.source.Problem;
import dev.crossfade.store.Quote;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import javax.sql.DataSource;

/**
 * What the role of a store or of the control database must be allowed, apart from the targets
 * themselves, which the mapping's check looks at. Reads only.
 */
final class Rights {
  private final String key;
  private final DatabaseSettings database;
  private final Connection connection;
  private final List<Problem> problems = new ArrayList<>();

  private Rights(String key, DatabaseSettings database, Connection connection) {
    this.key = key;
    this.database = database;
    this.connection = connection;
  }

  static List<Problem> ofControl(DatabaseSettings control, DataSource pool) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      var rights = new Rights("control", control, connection);
      rights.schemas(List.of("crossfade"));
      return rights.problems;
    }
  }

  /**
   * @param source the mirror's schema is called like it
   * @param domains those that live in the store
   */
  static List<Problem> ofStore(
      DatabaseSettings store, DataSource pool, String source, List<Domain> domains)
      throws SQLException {
    try (Connection connection = pool.getConnection()) {
      var rights = new Rights("stores." + store.name(), store, connection);
      rights.schemas(List.of("crossfade", source));
      rights.strangers(source);
      rights.targets(domains);
      return rights.problems;
    }
  }

  private void schemas(List<String> names) throws SQLException {
    boolean missing = false;
    for (String name : names) {
      Optional<String> writable =
          one(
              "select pg_has_role(nspowner, 'usage') or has_schema_privilege(oid, 'create') and has_schema_privilege(oid, 'usage') from pg_namespace where nspname = ?",
              name);
      missing |= writable.isEmpty();
      if (writable.isPresent() && !writable.get().equals("t")) {
        problems.add(
            new Problem(
                key,
                "has a schema " + name + " that " + database.user() + " may not write",
                "if an earlier Crossfade left it, remove it, or else run ALTER SCHEMA %s OWNER TO %s"
                    .formatted(Quote.name(name), Quote.name(database.user()))));
      }
    }
    if (missing
        && !one("select has_database_privilege(current_database(), ?)", "create")
            .orElse("")
            .equals("t")) {
      String here = one("select current_database() where ? <> ''", "x").orElseThrow();
      problems.add(
          new Problem(
              key,
              "does not let " + database.user() + " create schemas in " + here,
              "run GRANT CREATE ON DATABASE %s TO %s (crossfade init prints it)"
                  .formatted(Quote.name(here), Quote.name(database.user()))));
    }
  }

  /** A schema that is called like the source may be the service's own. */
  private void strangers(String source) throws SQLException {
    Collection<String> strangers = Intervention.strangers(connection, source);
    if (!strangers.isEmpty()) {
      problems.add(
          new Problem(
              key,
              "has a schema "
                  + source
                  + " with tables that are not Crossfade's ("
                  + String.join(", ", strangers)
                  + "), and the mirror's schema is called like the source",
              "give the source another name in sources: and in the SELECTs"));
    }
  }

  private void targets(List<Domain> domains) throws SQLException {
    var schemas = new TreeSet<String>();
    for (Domain domain : domains) {
      for (Target target : domain.targets()) {
        int dot = target.table().indexOf('.');
        schemas.add(dot < 0 ? "public" : target.table().substring(0, dot));
      }
    }
    for (String schema : schemas) {
      Optional<String> usable =
          one(
              "select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = ?",
              schema);
      if (usable.isPresent() && !usable.get().equals("t")) {
        problems.add(
            new Problem(
                key,
                "does not let " + database.user() + " use the schema " + schema + " of the targets",
                "run GRANT USAGE ON SCHEMA %s TO %s (crossfade init prints it)"
                    .formatted(Quote.name(schema), Quote.name(database.user()))));
      }
    }
  }

  private Optional<String> one(String sql, String parameter) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }
}
