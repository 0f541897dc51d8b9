package dev.crossfade.lab;

import java.io.IOException;
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

  /** Ports, 0 for a free one. */
  public record PortChoice(int legacy, int stores, int kafka, int http) {}

  private final DemoFolder folder;
  private final Path dist;
  private final ShopFiles shop;
  private final PortChoice ports;
  private final Consumer<String> say;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private volatile Optional<DemoServers> backing = Optional.empty();
  private volatile Optional<ServiceProcess> running = Optional.empty();

  /**
   * A stack that is not started yet.
   *
   * @param folder where everything of it lies; what is there is gone on from
   * @param dist the unpacked release
   * @param say takes a line for every step and everything that is started again
   */
  public DemoStack(Path folder, Path dist, ShopFiles shop, PortChoice ports, Consumer<String> say) {
    this(DemoFolder.open(folder, true), dist, shop, ports, say);
  }

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
    int http = PostgresServer.rememberPort(folder.root().resolve("http-port"), ports.http());
    DemoSetup setup = new DemoSetup(backing(), shop, dist, ShopFiles.DOMAINS);
    setup.fillDatabases(seed);
    Path config = setup.writeConfiguration(folder.root().resolve("crossfade.yml"), http);
    setup.initialise(config);
    say.accept("starting the service …");
    ServiceProcess service =
        opened(
            ServiceProcess.start(
                dist,
                config,
                folder.root().resolve("service"),
                folder.log("service"),
                "http://127.0.0.1:" + http,
                DemoSetup.SECRETS));
    running = Optional.of(service);
    writeEndpoints();
  }

  /**
   * Waits until every domain follows and nothing waits to be derived; meanwhile starts again what
   * dies, but for a service that refuses to run.
   */
  public void awaitReady(Duration patience) {
    ServiceProcess service = service();
    boolean ready =
        Deadline.in(patience)
            .await(
                () -> {
                  if (service.refused()) {
                    return true;
                  }
                  supervise();
                  return service.status().filter(StatusMeter::follows).isPresent();
                });
    if (!ready || service.refused()) {
      String found = ready ? "has ended" : "was not ready within " + patience.toSeconds() + " s";
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

  private DemoServers backing() {
    return backing.orElseThrow(() -> new LabException("the servers have not been started"));
  }

  /** A connection, as the superuser, to the store of a domain of the shop. */
  public Connection store(String domain) throws SQLException {
    return stores().connect(DemoSetup.database(domain));
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
      backing = Optional.of(new DemoServers(first.join(), second.join(), third.join()));
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
    folder.writeEndpoints(DemoAddresses.endpoints(backing(), service()));
  }

  /** Where everything is, for a person. */
  String addresses() {
    return DemoAddresses.forPeople(backing(), service())
        + "\nendpoints  "
        + folder.endpoints()
        + "\nlogs       "
        + folder.log("service").getParent();
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
