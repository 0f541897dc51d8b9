package dev.crossfade.source.postgresql;

import java.util.Map;

/**
 * How to reach a PostgreSQL source.
 *
 * @param name the source's name; slot and publication are called {@code crossfade_<name>}
 * @param jdbcUrl {@code jdbc:postgresql://host:port/database}, without user and password
 * @param properties further properties of the JDBC driver, such as sslmode
 */
public record PostgresSettings(
    String name, String jdbcUrl, String user, String password, Map<String, String> properties) {
  private static final String PREFIX = "jdbc:postgresql:";

  public PostgresSettings {
    properties = Map.copyOf(properties);
    if (!name.matches("[a-z][a-z0-9_]{0,50}")) {
      throw new IllegalArgumentException(
          "a source's name is lower-case letters, digits and _, found \"" + name + "\"");
    }
    if (!jdbcUrl.startsWith(PREFIX)) {
      throw new IllegalArgumentException(
          "the url of source " + name + " must start with " + PREFIX + ", found " + jdbcUrl);
    }
  }

  /** The name of the slot and of the publication. */
  public String slot() {
    return "crossfade_" + name;
  }

  /** Without the password. */
  @Override
  public String toString() {
    return name + " at " + jdbcUrl + " as " + user;
  }
}
