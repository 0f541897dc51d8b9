package dev.crossfade.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** Makes the demo's databases and configuration, as a user and an administrator would. */
public final class DemoSetup {
  public static final String CONTROL = "crossfade_control";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Passwords of a demo on the loopback address; the configuration takes them from here. */
  public static final Map<String, String> SECRETS =
      Map.of(
          "LEGACY_PASSWORD", "capture-demo",
          "STORE_PASSWORD", "apply-demo",
          "CONTROL_PASSWORD", "control-demo");

  private final DemoServers servers;
  private final ShopFiles shop;
  private final Path dist;
  private final List<String> domains;

  /**
   * @param domains those of the shop that are kept true; the others have no store
   */
  public DemoSetup(DemoServers servers, ShopFiles shop, Path dist, List<String> domains) {
    this.domains = List.copyOf(domains);
    this.servers = servers;
    this.shop = shop;
    this.dist = dist;
  }

  /** The store of a domain. */
  public static String database(String domain) {
    return domain + "_service";
  }

  /** Creates and fills what is not there yet. */
  void fillDatabases(long seed) throws SQLException {
    createDatabases();
    try (Connection connection = servers.legacy().connect(DemoStack.SHOP)) {
      ShopSeed.plant(connection, seed, 200, 150, 300);
    }
  }

  /** Creates what is not there yet, and leaves it empty. */
  public void createDatabases() throws SQLException {
    createOnce(servers.legacy(), DemoStack.SHOP, "sales_orders", shop.legacy());
    Map<String, String> probes =
        Map.of(
            "product", "products", "inventory", "stock_levels", "order", "orders", "auth", "users");
    for (String domain : domains) {
      createOnce(servers.stores(), database(domain), probes.get(domain), shop.service(domain));
    }
    createOnce(servers.stores(), CONTROL, "", "");
  }

  private static void createOnce(
      PostgresServer server, String database, String probe, String script) throws SQLException {
    try (Connection connection = server.connect("postgres");
        PreparedStatement known =
            connection.prepareStatement("select 1 from pg_database where datname = ?")) {
      known.setString(1, database);
      try (ResultSet row = known.executeQuery()) {
        if (!row.next()) {
          server.createDatabase(database);
        }
      }
    }
    if (!script.isEmpty() && !exists(server, database, probe)) {
      server.execute(database, script); // one transaction: all of it or nothing
    }
  }

  private static boolean exists(PostgresServer server, String database, String table)
      throws SQLException {
    try (Connection connection = server.connect(database);
        PreparedStatement known =
            connection.prepareStatement("select to_regclass(?) is not null")) {
      known.setString(1, "public." + table);
      try (ResultSet row = known.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /** Writes what a user would write. */
  public Path writeConfiguration(Path config, int http) throws IOException {
    StringBuilder yaml = new StringBuilder();
    yaml.append("sources:\n  legacy:\n    kind: postgresql\n");
    yaml.append("    url: ").append(servers.legacy().jdbcUrl(DemoStack.SHOP)).append('\n');
    yaml.append("    user: crossfade_capture\n    password: ${LEGACY_PASSWORD}\n");
    yaml.append("stores:\n");
    for (String domain : domains) {
      yaml.append("  ").append(domain).append("-store:\n");
      yaml.append("    url: ").append(servers.stores().jdbcUrl(database(domain))).append('\n');
      yaml.append("    user: crossfade_apply\n    password: ${STORE_PASSWORD}\n");
    }
    yaml.append("control:\n  url: ").append(servers.stores().jdbcUrl(CONTROL)).append('\n');
    yaml.append("  user: crossfade_control\n  password: ${CONTROL_PASSWORD}\n");
    yaml.append("kafka:\n  bootstrap.servers: ").append(servers.kafka().bootstrapServers());
    yaml.append("\n  retention: 7d\n  replication.factor: 1\n");
    yaml.append("domains:\n");
    for (String domain : domains) {
      Path path = shop.domain(domain).toAbsolutePath();
      yaml.append("  - ").append(DemoFolder.quoted(path.toString())).append('\n');
    }
    yaml.append("http:\n  host: 127.0.0.1\n  port: ").append(http).append('\n');
    Files.writeString(config, yaml);
    return config;
  }

  /** What an administrator does with the output of {@code crossfade init}. */
  public void initialise(Path config) throws IOException {
    JsonNode scripts =
        JSON.readTree(
            ServiceProcess.verb(
                dist, SECRETS, List.of("init", "--json", "--config", config.toString())));
    servers.legacy().execute(DemoStack.SHOP, scripts.path("source").path("sql").asText());
    servers.stores().execute(CONTROL, scripts.path("control").path("sql").asText());
    for (String domain : domains) {
      servers
          .stores()
          .execute(database(domain), scripts.path(domain + "-store").path("sql").asText());
    }
    password(servers.legacy(), "crossfade_capture", "LEGACY_PASSWORD");
    password(servers.stores(), "crossfade_apply", "STORE_PASSWORD");
    password(servers.stores(), "crossfade_control", "CONTROL_PASSWORD");
  }

  private static void password(PostgresServer server, String role, String secret) {
    server.execute("postgres", "alter role " + role + " password '" + SECRETS.get(secret) + "'");
  }
}
