package dev.crossfade.lab.bench;

import dev.crossfade.lab.DemoStack;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.ShopFiles;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * PostgreSQL's own logical replication: a subscription of the store to the legacy. It cannot
 * rename, so that its tables are the service's with the legacy's names. It works inside the stores'
 * server, applies in the order of the commits, and has no parts.
 */
final class SubscriptionPipeline implements Pipeline {
  private static final String DATABASE = "subscribed_service";
  private static final String NAME = "bench_subscription"; // of the slot and publication, too

  private final BenchServers servers;
  private final String ddl;
  private final Store store;
  private Optional<Connection> watched = Optional.empty();

  SubscriptionPipeline(BenchServers servers, ShopFiles files) {
    this.servers = servers;
    this.ddl = files.service("order");
    this.store = new Store(servers.stores(), DATABASE, Store.Names.LEGACY, StateHash.ROWS_LEGACY);
  }

  @Override
  public String name() {
    return "PostgreSQL";
  }

  @Override
  public Set<Phase> phases() {
    return Set.of(Phase.WHOLE);
  }

  @Override
  public void remove() throws SQLException {
    stop();
    if (exists()) {
      servers.stores().execute(DATABASE, "drop subscription if exists " + NAME);
    }
    servers.stores().execute("postgres", "drop database if exists " + DATABASE + " with (force)");
    PostgresServer legacy = servers.legacy();
    Slots.drop(legacy, NAME);
    legacy.execute(DemoStack.SHOP, "drop publication if exists " + NAME);
  }

  private boolean exists() throws SQLException {
    try (Connection connection = servers.stores().connect("postgres");
        PreparedStatement select =
            connection.prepareStatement(
                "select exists (select from pg_database where datname = ?)")) {
      select.setString(1, DATABASE);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  @Override
  public void install() {
    PostgresServer legacy = servers.legacy();
    servers.stores().createDatabase(DATABASE);
    servers.stores().execute(DATABASE, ddl);
    for (RowShape.Table table : RowShape.TABLES) {
      table
          .renamed()
          .forEach(
              (from, to) ->
                  servers
                      .stores()
                      .execute(
                          DATABASE,
                          "alter table %s rename column %s to %s"
                              .formatted(table.store(), to, from)));
      servers
          .stores()
          .execute(
              DATABASE, "alter table %s rename to %s".formatted(table.store(), table.legacy()));
    }
    store.instrument();
    Slots.publish(legacy, NAME);
    servers
        .stores()
        .execute(
            DATABASE,
            ("create subscription %s connection 'host=127.0.0.1 port=%d user=%s password=%s"
                    + " dbname=%s' publication %s with (enabled = false, copy_data = true,"
                    + " binary = true)")
                .formatted(
                    NAME, legacy.port(), legacy.user(), legacy.password(), DemoStack.SHOP, NAME));
  }

  @Override
  public void start(Phase phase) throws SQLException {
    watched = Optional.of(store.connect());
    servers.stores().execute(DATABASE, "alter subscription " + NAME + " enable");
  }

  /** None: its processes are the servers' own. */
  @Override
  public Map<String, Long> processes() {
    return Map.of();
  }

  @Override
  public boolean loaded() throws SQLException {
    return ask("select count(*) > 0 and bool_and(srsubstate = 'r') from pg_subscription_rel");
  }

  @Override
  public long loadedAt(long seen) {
    return seen;
  }

  @Override
  public long progress() throws SQLException {
    return store.changes(connection());
  }

  @Override
  public boolean through(Fence fence) throws SQLException {
    return store.has(connection(), fence);
  }

  @Override
  public long at(Fence fence) throws SQLException {
    return store.at(fence);
  }

  @Override
  public void stop() throws SQLException {
    if (watched.isPresent()) {
      servers.stores().execute(DATABASE, "alter subscription " + NAME + " disable");
      watched.get().close();
      watched = Optional.empty();
      Slots.released(servers.legacy(), NAME);
    }
  }

  @Override
  public Store store() {
    return store;
  }

  @Override
  public void close() throws SQLException {
    stop();
  }

  private Connection connection() {
    return watched.orElseThrow(() -> new LabException("nothing runs"));
  }

  private boolean ask(String sql) throws SQLException {
    try (PreparedStatement select = connection().prepareStatement(sql);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }
}
