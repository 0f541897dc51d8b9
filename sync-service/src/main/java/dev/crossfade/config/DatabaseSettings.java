package dev.crossfade.config;

import java.util.Map;

/**
 * How to reach a store or the control database.
 *
 * @param name as the configuration names it
 * @param url a JDBC URL of PostgreSQL
 * @param properties further properties of the PostgreSQL driver, for example {@code sslmode}
 * @param pool the largest number of connections that one process opens
 */
public record DatabaseSettings(
    String name,
    String url,
    String user,
    String password,
    Map<String, String> properties,
    int pool) {
  public DatabaseSettings {
    properties = Map.copyOf(properties);
  }

  /** Without the password: records are printed in messages. */
  @Override
  public String toString() {
    return name + " at " + url + " as " + user;
  }
}
