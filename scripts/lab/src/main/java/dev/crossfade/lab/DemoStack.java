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
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Everything that the demo runs, but the traffic: two PostgreSQL servers, Kafka and the service.
 * Started and closed by one thread; {@link #supervise} may be called by another one in between. The
 * shop's files may be a changed copy; the databases are named alike in any case.
 */
public final class DemoStack implements AutoCloseable {
  /** The legacy's database. */
  public static final String SHOP = "shop";

  private static final String CONTROL = "crossfade_control";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Passwords of a demo on the loopback address; the configuration takes them from here. */
  private static final Map<String, String> SECRETS =
      Map.of(
          "LEGACY_PASSWORD", "capture-demo",
          "STORE_PASSWORD", "apply-demo",
          "CONTROL_PASSWORD", "control-demo");

  /** Ports, 0 for a free one. */
  public record PortChoice(int legacy(), int stores(), int kafka(), int http) {}

  private final DemoFolder folder;
  private final Path dist;
  private final ShopFiles shop;
  private final PortChoice ports;
  private final Consumer<String> say;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private PostgresServer legacy;
  private PostgresServer stores;
  private KafkaServer kafka;
  private ServiceProcess service;

  DemoStack(DemoFolder folder, Path dist, ShopFiles shop, PortChoice ports, Consumer<String> say) {
    this.folder = folder;
    this.dist = dist;
    this.shop = shop;
    this.ports = ports;
    this.say = say;
  }

  /** Starts and fills everything that is not there yet, then the service. */
  public void start(long seed) throws IOException, SQLException {
    say.accept("starting PostgreSQL (legacy), PostgreSQL (stores) and Kafka …");
    startServers();
    say.accept("preparing the databases …");
    prepare(seed);
    Path config = writeConfiguration();
    initialise(config);
    say.accept("starting the service …");
    ServiceProcess service =
        opened(
            ServiceProcess.start(
                dist,
                config,
                folder.root().resolve("service"),
                folder.log("service"),
                "http://127.0.0.1:" + httpPort(),
                SECRETS));
    running = Optional.of(service);
    writeEndpoints();
  }

  /** Waits until every domain follows and nothing waits to be derived. */
  public void awaitReady(Duration patience) {
    ServiceProcess service = service();
    boolean ready =
        Deadline.in(patience)
            .await(
                () ->
                    !service.alive()
                        || service.status().filter(StatusMeter::follows).isPresent());
    if (!ready || !service.alive()) {
      String found =
          service.alive() ? "was not ready within " + patience.toSeconds() + " s" : "has ended";
      throw new LabException("the service " + found + "; see " + folder.log("service"));
    }
  }

  public PostgresServer legacy() {
    return backing().legacy();
  }

  public PostgresServer stores() {
    return backing().stores();
  }

  public KafkaServer kafka() {
    return backing().kafka();
  }

  public ServiceProcess service() {
    return running.orElseThrow(() -> new LabException("the service has not been started"));
  }

  private Backing backing() {
    return backing.orElseThrow(() -> new LabException("the servers have not been started"));
  }

  /** A connection, as the superuser, to the store of a domain of the shop. */
  public Connection store(String domain) throws SQLException {
    return stores().connect(database(domain));
  }

  /** The comparison of all four stores with the legacy. */
  public Comparison comparison() {
    Map<String, Comparison.Database> all = new LinkedHashMap<>();
    ShopFiles.DOMAINS.forEach(d -> all.put(d, () -> store(d)));
    return new Comparison(() -> legacy().connect(SHOP), all);
  }

  private void startServers() {
    Path root = folder.root();
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      CompletableFuture<PostgresServer> first =
          CompletableFuture.supplyAsync(
              () ->
                  opened(
                      PostgresServer.start(
                          root.resolve("legacy"),
                          ports.legacy(),
                          Map.of("wal_level", "logical", "max_slot_wal_keep_size", "10GB"))),
              pool);
      CompletableFuture<PostgresServer> second =
          CompletableFuture.supplyAsync(
              () -> opened(PostgresServer.start(root.resolve("stores"), ports.stores(), Map.of())),
              pool);
      CompletableFuture<KafkaServer> third =
          CompletableFuture.supplyAsync(
              () -> opened(KafkaServer.start(root.resolve("kafka"), ports.kafka())), pool);
      backing = Optional.of(new Backing(first.join(), second.join(), third.join()));
    } catch (CompletionException e) {
      throw e.getCause() instanceof LabException failure ? failure : e;
    } finally {
      // What is being started when one fails must be known before it can be closed.
      pool.shutdown();
      boolean interrupted = Thread.interrupted();
      while (!terminated(pool)) {
        interrupted = true;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean terminated(ExecutorService pool) {
    try {
      return pool.awaitTermination(2, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      return false;
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    synchronized (started) {
      started.push(part);
    }
    return part;
  }

  private void prepare(long seed) throws SQLException {
    createOnce(legacy(), SHOP, "sales_orders", shop.legacy());
    Map<String, String> probes =
        Map.of(
            "product", "products", "inventory", "stock_levels", "order", "orders", "auth", "users");
    for (String domain : ShopFiles.DOMAINS) {
      createOnce(stores(), database(domain), probes.get(domain), shop.service(domain));
    }
    createOnce(stores(), CONTROL, "", "");
    try (Connection connection = legacy().connect(SHOP)) {
      ShopSeed.plant(connection, seed, 200, 150, 300);
    }
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

  private static String database(String domain) {
    return domain + "_service";
  }

  private int httpPort() throws IOException {
    return PostgresServer.rememberPort(folder.root().resolve("http-port"), ports.http());
  }

  private Path writeConfiguration() throws IOException {
    StringBuilder yaml = new StringBuilder();
    yaml.append("sources:\n  legacy:\n    kind: postgresql\n");
    yaml.append("    url: ").append(legacy().jdbcUrl(SHOP)).append('\n');
    yaml.append("    user: crossfade_capture\n    password: ${LEGACY_PASSWORD}\n");
    yaml.append("stores:\n");
    for (String domain : ShopFiles.DOMAINS) {
      yaml.append("  ").append(domain).append("-store:\n");
      yaml.append("    url: ").append(stores().jdbcUrl(database(domain))).append('\n');
      yaml.append("    user: crossfade_apply\n    password: ${STORE_PASSWORD}\n");
    }
    yaml.append("control:\n  url: ").append(stores().jdbcUrl(CONTROL)).append('\n');
    yaml.append("  user: crossfade_control\n  password: ${CONTROL_PASSWORD}\n");
    yaml.append("kafka:\n  bootstrap.servers: ").append(kafka().bootstrapServers());
    yaml.append("\n  retention: 7d\n  replication.factor: 1\n");
    yaml.append("domains:\n");
    for (String domain : ShopFiles.DOMAINS) {
      Path path = shop.domain(domain).toAbsolutePath();
      yaml.append("  - ").append(DemoFolder.quoted(path.toString())).append('\n');
    }
    yaml.append("http:\n  host: 127.0.0.1\n  port: ").append(httpPort()).append('\n');
    Path config = folder.root().resolve("crossfade.yml");
    Files.writeString(config, yaml);
    return config;
  }

  /** What an administrator does with the output of {@code crossfade init}. */
  private void initialise(Path config) throws IOException {
    JsonNode scripts =
        JSON.readTree(
            ServiceProcess.verb(
                dist, SECRETS, List.of("init", "--json", "--config", config.toString())));
    legacy().execute(SHOP, scripts.path("source").path("sql").asText());
    stores().execute(CONTROL, scripts.path("control").path("sql").asText());
    for (String domain : ShopFiles.DOMAINS) {
      stores().execute(database(domain), scripts.path(domain + "-store").path("sql").asText());
    }
    password(legacy(), "crossfade_capture", "LEGACY_PASSWORD");
    password(stores(), "crossfade_apply", "STORE_PASSWORD");
    password(stores(), "crossfade_control", "CONTROL_PASSWORD");
  }

  private static void password(PostgresServer server, String role, String secret) {
    server.execute("postgres", "alter role " + role + " password '" + SECRETS.get(secret) + "'");
  }

  /** Writes a fence into the legacy and returns its id. */
  public String writeFence() throws SQLException {
    String id = UUID.randomUUID().toString();
    try (Connection connection = legacy().connect(SHOP);
        PreparedStatement emit =
            connection.prepareStatement("select pg_logical_emit_message(true, 'crossfade', ?)")) {
      emit.setString(
          1, "{\"id\":\"%s\",\"kind\":\"fence\",\"ts\":\"%s\"}".formatted(id, Instant.now()));
      emit.execute();
    }
    return id;
  }

  /** The first domain whose store has not got the marker yet; empty if all have it. */
  public String lacking(String marker) {
    for (String domain : ShopFiles.DOMAINS) {
      try (Connection connection = store(domain);
          PreparedStatement select =
              connection.prepareStatement(
                  "select 1 from crossfade.marker where domain = ? and id = ?")) {
        select.setString(1, domain);
        select.setString(2, marker);
        try (ResultSet row = select.executeQuery()) {
          if (!row.next()) {
            return domain;
          }
        }
      } catch (SQLException e) {
        return domain; // the store is being restarted
      }
    }
    return "";
  }

  /**
   * How many aggregates wait to be derived, parked ones included; -1 if a store does not answer.
   */
  public long dirty() {
    long dirty = 0;
    for (String domain : ShopFiles.DOMAINS) {
      try (Connection connection = store(domain);
          Statement statement = connection.createStatement();
          ResultSet count = statement.executeQuery("select count(*) from crossfade.dirty")) {
        count.next();
        dirty += count.getLong(1);
      } catch (SQLException e) {
        return -1;
      }
    }
    return dirty;
  }

  /** Starts again what has died, and says so. */
  public void supervise() {
    revive("PostgreSQL (legacy)", legacy().alive(), legacy().pid(), legacy()::restart);
    revive("PostgreSQL (stores)", stores().alive(), stores().pid(), stores()::restart);
    revive("Kafka", kafka().alive(), kafka().pid(), kafka()::restart);
    revive("the service", service().alive(), service().pid(), service()::restart);
  }

  private void revive(String name, boolean alive, long pid, Runnable restart) {
    if (!alive) {
      say.accept(name + " (process " + pid + ") has died; starting it again …");
      long before = System.nanoTime();
      restart.run();
      writeEndpoints();
      long millis = Duration.ofNanos(System.nanoTime() - before).toMillis();
      say.accept(name + " is back after " + millis + " ms");
    }
  }

  private void writeEndpoints() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("legacy", access(legacy(), SHOP));
    all.put("control", access(stores(), CONTROL));
    Map<String, Object> each = new LinkedHashMap<>();
    for (String domain : ShopFiles.DOMAINS) {
      each.put(domain + "-store", access(stores(), database(domain)));
    }
    all.put("stores", each);
    all.put("kafka", kafka().bootstrapServers());
    all.put("http", service().url());
    Map<String, Long> pids = new LinkedHashMap<>();
    pids.put("demo", ProcessHandle.current().pid());
    pids.put("legacy", legacy().pid());
    pids.put("stores", stores().pid());
    pids.put("kafka", kafka().pid());
    pids.put("service", service().pid());
    all.put("pids", pids);
    folder.writeEndpoints(all);
  }

  private static Map<String, String> access(PostgresServer server, String database) {
    Map<String, String> access = new LinkedHashMap<>();
    access.put("url", server.jdbcUrl(database));
    access.put("user", server.user());
    access.put("password", server.password());
    return access;
  }

  /** Where everything is, for a person. */
  String addresses() {
    return """
      legacy     %s
      stores     %s
      control    %s
      user       %s, password %s
      Kafka      %s, topics crossfade.<domain>
      service    %s/api/status
      endpoints  %s
      logs       %s"""
        .formatted(
            legacy().jdbcUrl(SHOP),
            stores().jdbcUrl("{product,inventory,order,auth}_service"),
            stores().jdbcUrl(CONTROL),
            legacy().user(),
            legacy().password(),
            kafka().bootstrapServers(),
            service().url(),
            folder.endpoints(),
            folder.log("service").getParent());
  }

  /** Stops everything, the last started first. */
  @Override
  public void close() {
    synchronized (started) {
      while (!started.isEmpty()) {
        try {
          started.pop().close();
        } catch (Exception e) {
          say.accept("while stopping: " + e.getMessage());
        }
      }
    }
    folder.close();
  }
}
