package dev.crossfade.tables;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tables of Crossfade's own in the schema {@code crossfade} of a database: made, and in a later
 * release upgraded, by numbered scripts. Immutable; any thread, and several processes at once.
 *
 * @param folder of the scripts, in the class path
 * @param history the table in which Flyway remembers the scripts that were executed
 * @param scripts the files' names in the order of their versions, as {@code V1__first.sql}
 */
public record OwnTables(String folder, String history, List<String> scripts) {
  private static final Logger LOG = LoggerFactory.getLogger(OwnTables.class);

  public OwnTables {
    scripts = List.copyOf(scripts);
  }

  /**
   * Makes or upgrades the tables. Safe to call at every start. Where nothing is to be done, the
   * scripts that were executed are not compared with those that there are.
   */
  public void ensure(DataSource database) {
    if (!there(database)) {
      flyway(database).load().migrate();
    }
  }

  /** Where the scripts are in the class path, in the order of their versions. */
  public List<String> resources() {
    return scripts.stream().map(script -> "/" + folder + "/" + script).toList();
  }

  /** What finds and executes the scripts. */
  public FluentConfiguration flyway(DataSource database) {
    return Flyway.configure(OwnTables.class.getClassLoader())
        .dataSource(database)
        .schemas("crossfade")
        .defaultSchema("crossfade")
        .table(history)
        .locations("classpath:" + folder)
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .createSchemas(true);
  }

  /**
   * Whether all scripts have been executed, as at almost every start: to ask costs a statement,
   * where Flyway takes half a second of a cold process.
   */
  boolean there(DataSource database) {
    String sql =
        """
        select (select version from crossfade."%1$s" where version = ? and success) is not null
          and not exists (select from crossfade."%1$s" where not success)
        """
            .formatted(history);
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, newest());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    } catch (SQLException e) {
      LOG.debug("{} was not asked what has been executed", history, e); // not there yet, mostly
      return false;
    }
  }

  private String newest() {
    String script = scripts.get(scripts.size() - 1);
    return script.substring(1, script.indexOf("__"));
  }
}
