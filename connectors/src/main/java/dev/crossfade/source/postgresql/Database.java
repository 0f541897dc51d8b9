package dev.crossfade.source.postgresql;

import dev.crossfade.source.Problem;
import dev.crossfade.source.SourceException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;

/** Opens connections to the source. Immutable, safe for several threads. */
final class Database {
  /** For what may wait for others' locks or read a table. */
  static final Duration ANSWER = Duration.ofSeconds(20);

  /**
   * For what capture asks all the time. A connection may be lost without a word; how long that
   * takes to show is how long capture stands still after the network is whole again.
   */
  static final Duration PROMPT = Duration.ofSeconds(6);

  /** What decides the text form of values beyond their type, for every session that reads rows. */
  private static final String TEXT_FORM =
      "-c IntervalStyle=postgres -c bytea_output=hex -c extra_float_digits=1 -c xmloption=content";

  private final PostgresSettings settings;

  Database(PostgresSettings settings) {
    this.settings = settings;
  }

  /** A plain connection whose statements must answer at once. */
  Connection open(String purpose) throws SQLException {
    return DriverManager.getConnection(settings.jdbcUrl(), properties(purpose, PROMPT));
  }

  /** A plain connection whose statements may take a while. */
  Connection openPatiently(String purpose) throws SQLException {
    return DriverManager.getConnection(settings.jdbcUrl(), properties(purpose, ANSWER));
  }

  /** A connection for reading a lot: statements may take as long as they do. */
  Connection openForReading(String purpose) throws SQLException {
    Connection connection = DriverManager.getConnection(settings.jdbcUrl(), properties(purpose));
    try (var statement = connection.createStatement()) {
      statement.execute("set statement_timeout = 0");
      statement.execute("set timezone = 'UTC'");
      statement.execute("set datestyle = 'ISO, MDY'");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** A connection that speaks the replication protocol; to make a slot takes as long as it does. */
  Connection openForReplication(String purpose) throws SQLException {
    return openForReplication(properties(purpose));
  }

  /** As {@link #openForReplication(String)}, for commands that must answer at once. */
  Connection openForIdentity(String purpose) throws SQLException {
    return openForReplication(properties(purpose, PROMPT));
  }

  private Connection openForReplication(Properties properties) throws SQLException {
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "9.4");
    properties.setProperty("preferQueryMode", "simple");
    return DriverManager.getConnection(settings.jdbcUrl(), properties);
  }

  /** The driver properties that every session has, Debezium's included. */
  static Properties sessionProperties(PostgresSettings settings) {
    var properties = new Properties();
    settings.properties().forEach(properties::setProperty);
    String options = properties.getProperty("options", "");
    properties.setProperty("options", (options + " " + TEXT_FORM).strip());
    properties.putIfAbsent("tcpKeepAlive", "true");
    properties.putIfAbsent("connectTimeout", "5");
    return properties;
  }

  SourceException failed(String what, SQLException e) {
    return new SourceException(problem(what, e), e);
  }

  /** The driver's failure in our words; decided by SQLSTATE. */
  Problem problem(String what, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String where = "source " + settings.name() + " at " + settings.jdbcUrl();
    if (state.equals("28P01") || state.equals("28000")) {
      return new Problem(
          where,
          "refuses the user " + settings.user() + " (" + firstLine(e) + ")",
          "correct user and password, and the server's pg_hba.conf");
    } else if (state.equals("3D000")) {
      return new Problem(where, "has no such database", "correct the url of the source");
    } else if (state.startsWith("08")) {
      return new Problem(
          where,
          "cannot be reached (" + firstLine(e) + ")",
          "check host and port and that the server runs");
    }
    return new Problem(
        where,
        "could not " + what + " (" + firstLine(e) + ", SQLSTATE " + state + ")",
        "see the server's message");
  }

  private static String firstLine(SQLException e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse("no message").strip();
  }

  static String quote(String identifier) {
    return '"' + identifier.replace("\"", "\"\"") + '"';
  }

  static String quote(dev.crossfade.event.TableName table) {
    return quote(table.schema()) + "." + quote(table.table());
  }

  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  static String list(List<String> identifiers) {
    return String.join(", ", identifiers.stream().map(Database::quote).toList());
  }

  private Properties properties(String purpose, Duration answer) {
    Properties properties = properties(purpose);
    properties.setProperty("socketTimeout", Long.toString(answer.toSeconds()));
    return properties;
  }

  private Properties properties(String purpose) {
    Properties properties = sessionProperties(settings);
    properties.setProperty("user", settings.user());
    properties.setProperty("password", settings.password());
    properties.setProperty("ApplicationName", "crossfade " + purpose.toLowerCase(Locale.ROOT));
    return properties;
  }
}
