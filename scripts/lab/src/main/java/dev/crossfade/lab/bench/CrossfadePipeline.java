package dev.crossfade.lab.bench;

import dev.crossfade.lab.DemoSetup;
import dev.crossfade.lab.DemoStack;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.Ports;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.ServiceProcess;
import dev.crossfade.lab.ShopFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The release, as users run it: bin/crossfade with its defaults and one domain, the orders, or
 * several that each take all of them.
 */
final class CrossfadePipeline implements Pipeline {
  private static final String NAME = "crossfade_legacy"; // of the slot and the publication
  private static final int ATTEMPTS = 5;
  private static final int TAIL = 1_000;

  /** How far the topic was at a moment of System.nanoTime(). */
  private record Seen(long at, long end) {}

  private final BenchServers servers;
  private final DemoSetup setup;
  private final Path dist;
  private final Path config;
  private final int port;
  private final Topics topics;
  private final List<String> domains;
  private final String topic; // of the first domain
  private final List<Store> stores;
  private final List<Seen> seen = new ArrayList<>();
  private Optional<ServiceProcess> service = Optional.empty();
  private final List<Connection> watched = new ArrayList<>();
  private Phase phase = Phase.WHOLE;

  /**
   * @param domains at least one
   */
  CrossfadePipeline(BenchServers servers, ShopFiles files, Path dist, Job job, List<String> domains)
      throws IOException {
    this.servers = servers;
    this.dist = dist;
    this.domains = List.copyOf(domains);
    this.setup = new DemoSetup(servers.all(), files, dist, domains);
    this.topic = "crossfade." + domains.get(0);
    this.stores =
        domains.stream()
            .map(DemoSetup::database)
            .map(name -> new Store(servers.stores(), name, Store.Names.SERVICE, job.actual()))
            .toList();
    this.port = Ports.free();
    Path folder = servers.folder().root();
    this.config =
        setup.writeConfiguration(folder.resolve("crossfade-" + domains.size() + ".yml"), port);
    this.topics = new Topics(servers.kafka());
  }

  @Override
  public String name() {
    return "Crossfade";
  }

  @Override
  public Set<Phase> phases() {
    return Set.of(Phase.values());
  }

  @Override
  public void remove() throws SQLException {
    stop();
    List<String> databases = new ArrayList<>(List.of(DemoSetup.CONTROL));
    stores.forEach(store -> databases.add(store.database()));
    for (String database : databases) {
      servers.stores().execute("postgres", "drop database if exists " + database + " with (force)");
    }
    PostgresServer legacy = servers.legacy();
    legacy.execute(
        DemoStack.SHOP,
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '"
            + NAME
            + "'");
    legacy.execute(DemoStack.SHOP, "drop publication if exists " + NAME);
    topics.delete(domains.stream().map(name -> "crossfade." + name).collect(Collectors.toSet()));
  }

  @Override
  public void install() throws SQLException {
    setup.createDatabases();
    stores.forEach(Store::instrument);
    for (int attempt = 1; ; attempt++) {
      try {
        setup.initialise(config);
        return;
      } catch (IOException e) {
        throw new LabException("crossfade init printed no JSON: " + e.getMessage(), e);
      } catch (LabException e) {
        if (!Slots.deadlock(e) || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  @Override
  public void start(Phase wanted) throws SQLException {
    phase = wanted;
    seen.clear();
    if (phase == Phase.CAPTURE) {
      watched.add(servers.stores().connect(DemoSetup.CONTROL));
    } else {
      for (Store store : stores) {
        watched.add(store.connect());
      }
    }
    List<String> words =
        switch (phase) {
          case WHOLE -> List.of();
          case CAPTURE -> List.of("--roles", "capture");
          case APPLY -> List.of("--roles", "apply");
        };
    service =
        Optional.of(
            ServiceProcess.start(
                dist,
                config,
                servers.folder().root().resolve("service"),
                servers.folder().log("service"),
                "http://127.0.0.1:" + port,
                DemoSetup.SECRETS,
                words));
  }

  @Override
  public Map<String, Long> processes() {
    return service.map(s -> Map.of(processName(phase), s.pid())).orElse(Map.of());
  }

  private static String processName(Phase phase) {
    return switch (phase) {
      case WHOLE -> "service";
      case CAPTURE -> "capture";
      case APPLY -> "apply";
    };
  }

  @Override
  public boolean loaded() throws SQLException {
    alive();
    return all("select 1 where to_regclass('crossfade.progress') is not null")
        && all(
            "select 1 from crossfade.progress where loaded_epoch > 0"
                + " and not exists (select from crossfade.dirty)");
  }

  /** Whether the service says so. */
  boolean ready() {
    alive();
    return service.map(ServiceProcess::ready).orElse(false);
  }

  /** Of the last load that is complete, 0 before the first. */
  int loadedEpoch() throws SQLException {
    alive();
    return ask("select loaded_epoch from crossfade.progress").map(Integer::parseInt).orElse(0);
  }

  /** Asks for a new load, as a user does. */
  void loadAgain() {
    ServiceProcess.verb(
        dist, DemoSetup.SECRETS, List.of("load", "--yes", "--config", config.toString()));
  }

  @Override
  public long loadedAt(long when) {
    return when;
  }

  @Override
  public long progress() throws SQLException {
    alive();
    if (phase == Phase.CAPTURE) {
      return look();
    }
    if (ask("select 1 where to_regclass('crossfade.progress') is not null").isEmpty()) {
      return 0;
    }
    return ask("select applied from crossfade.progress").map(Long::parseLong).orElse(0L);
  }

  /** Where the topic ends now. */
  private long look() {
    long end = topics.end(topic);
    seen.add(new Seen(System.nanoTime(), end));
    return end;
  }

  @Override
  public boolean through(Fence fence) throws SQLException {
    alive();
    if (phase == Phase.CAPTURE) {
      look();
      // What is published is acknowledged by Kafka; the topic's end was seen more often.
      return !ask("select 1 from crossfade.capture where published_lsn - '0/0' >= " + fence.lsn())
          .isEmpty();
    }
    return all(
        "select 1 from crossfade.marker where id = '"
            + fence.id()
            + "' and not exists (select from crossfade.dirty)");
  }

  /**
   * Capture tells in steps of 200 ms or more; when the topic was first seen to have the fence is
   * known to 20 ms. A store has the rows of the fence when everything before them is derived.
   */
  @Override
  public long at(Fence fence) throws SQLException {
    if (phase != Phase.CAPTURE) {
      long last = Long.MIN_VALUE;
      for (Store store : stores) {
        last = Math.max(last, store.at(fence));
      }
      return last;
    }
    long offset =
        topics
            .find(topic, topics.end(topic) - TAIL, fence.id())
            .map(ConsumerRecord::offset)
            .orElseThrow(() -> new LabException("fence " + fence.id() + " is not in " + topic));
    return seen.stream()
        .filter(s -> s.end() > offset)
        .findFirst()
        .map(Seen::at)
        .orElseGet(System::nanoTime);
  }

  @Override
  public void stop() throws SQLException {
    service.ifPresent(ServiceProcess::close);
    service = Optional.empty();
    for (Connection connection : watched) {
      connection.close();
    }
    watched.clear();
  }

  @Override
  public Store store() {
    return stores.get(0);
  }

  @Override
  public boolean right(String expected) throws SQLException {
    for (Store store : stores) {
      if (!store.hash().equals(expected)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() throws SQLException {
    stop();
    topics.close();
  }

  private void alive() {
    if (service.filter(ServiceProcess::alive).isEmpty()) {
      throw new LabException(
          "Crossfade has ended; see " + servers.folder().log("service").toAbsolutePath());
    }
  }

  /** The first column of the first row, of the first store. */
  private Optional<String> ask(String sql) throws SQLException {
    if (watched.isEmpty()) {
      throw new LabException("nothing runs");
    }
    return ask(watched.get(0), sql);
  }

  /** Whether there is a row in each store. */
  private boolean all(String sql) throws SQLException {
    for (Connection connection : watched) {
      if (ask(connection, sql).isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private static Optional<String> ask(Connection connection, String sql) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql);
        ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
    }
  }
}
