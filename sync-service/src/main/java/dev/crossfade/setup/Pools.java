package dev.crossfade.setup;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.crossfade.config.DatabaseSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import javax.sql.DataSource;

/** One connection pool for each store and for the control database, opened when first asked for. */
public final class Pools implements AutoCloseable {
  private final String instance;
  private final Map<String, HikariDataSource> open = new HashMap<>();

  public Pools(String instance) {
    this.instance = instance;
  }

  public synchronized DataSource of(DatabaseSettings database) {
    return open.computeIfAbsent(database.name(), name -> pool(database));
  }

  private HikariDataSource pool(DatabaseSettings database) {
    var config = new HikariConfig();
    config.setPoolName(database.name());
    config.setJdbcUrl(database.url());
    config.setUsername(database.user());
    config.setPassword(database.password());
    config.setDataSourceProperties(driverProperties(database.properties(), instance));
    // One more to ask, while all others are busy for long, whether the server still works.
    config.setMaximumPoolSize(database.pool() + 1);
    config.setMinimumIdle(0);
    config.setIdleTimeout(60_000);
    config.setConnectionTimeout(5_000);
    config.setValidationTimeout(2_000);
    // A database that is down at the start is waited for by whoever needs it, not by the pool.
    config.setInitializationFailTimeout(-1);
    return new HikariDataSource(config);
  }

  /** What every connection of Crossfade has, unless the configuration says otherwise. */
  static Properties driverProperties(Map<String, String> configured, String instance) {
    var properties = new Properties();
    properties.setProperty("ApplicationName", "crossfade " + instance);
    properties.setProperty("connectTimeout", "5");
    properties.setProperty("loginTimeout", "10");
    properties.setProperty("tcpKeepAlive", "true");
    properties.putAll(configured);
    return properties;
  }

  @Override
  public synchronized void close() {
    open.values().forEach(HikariDataSource::close);
    open.clear();
  }
}
