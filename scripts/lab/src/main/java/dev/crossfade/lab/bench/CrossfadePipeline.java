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
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The release, as users run it: bin/crossfade with its defaults and one domain, the orders. */
final class CrossfadePipeline implements Pipeline {
  private static final String DOMAIN = "order";
  private static final String NAME = "crossfade_legacy"; // of the slot and the publication
  private static final String TOPIC = "crossfade." + DOMAIN;
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
  private final Store store;
  private final List<Seen> seen = new ArrayList<>();
  private Optional<ServiceProcess> service = Optional.empty();
  private Optional<Connection> watched = Optional.empty();
  private Phase phase = Phase.WHOLE;

  CrossfadePipeline(BenchServers servers, ShopFiles files, Path dist, Job job) throws IOException {
    this.servers = servers;
    this.dist = dist;
    this.setup = new DemoSetup(servers.all(), files, dist, List.of(DOMAIN));
    String database = DemoSetup.database(DOMAIN);
    this.store = new Store(servers.stores(), database, Store.Names.SERVICE, job.actual());
    this.port = Ports.free();
    this.config = setup.writeConfiguration(servers.folder().root().resolve("crossfade.yml"), port);
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
    for (String database : List.of(DemoSetup.database(DOMAIN), DemoSetup.CONTROL)) {
      servers.stores().execute("postgres", "drop database if exists " + database + " with (force)");
    }
    PostgresServer legacy = servers.legacy();
    legacy.execute(
        DemoStack.SHOP,
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '"
            + NAME
            + "'");
    legacy.execute(DemoStack.SHOP, "drop publication if exists " + NAME);
    topics.delete(Set.of(TOPIC));
  }

  @Override
  public void install() throws SQLException {
    setup.createDatabases();
    store.instrument();
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
    watched =
        Optional.of(
            phase == Phase.CAPTURE ? servers.stores().connect(DemoSetup.CONTROL) : store.connect());
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
    return !ask("select to_regclass('crossfade.progress')::text where to_regclass('crossfade.progress') is not null")
            .isEmpty()
        && !ask("select 1 from crossfade.progress where loaded_epoch > 0"
                + " and not exists (select from crossfade.dirty)")
            .isEmpty();
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
    long end = topics.end(TOPIC);
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
    return !ask("select 1 from crossfade.marker where id = '"
            + fence.id()
            + "' and not exists (select from crossfade.dirty)")
        .isEmpty();
  }

  /**
   * Capture tells in steps of 200 ms or more; when the topic was first seen to have the fence is
   * known to 20 ms. A store has the rows of the fence when everything before them is derived.
   */
  @Override
  public long at(Fence fence) throws SQLException {
    if (phase != Phase.CAPTURE) {
      return store.at(fence);
    }
    long offset =
        topics
            .find(TOPIC, topics.end(TOPIC) - TAIL, fence.id())
            .map(ConsumerRecord::offset)
            .orElseThrow(() -> new LabException("fence " + fence.id() + " is not in " + TOPIC));
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
    if (watched.isPresent()) {
      watched.get().close();
      watched = Optional.empty();
    }
  }

  @Override
  public Store store() {
    return store;
  }

  @Override
  public long heap() {
    return service
        .flatMap(ServiceProcess::metrics)
        .map(
            text ->
                text.lines()
                    .filter(l -> l.startsWith("jvm_memory_used_bytes{area=\"heap\""))
                    .mapToLong(l -> (long) Double.parseDouble(l.substring(l.lastIndexOf(' ') + 1)))
                    .sum())
        .orElse(-1L);
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

  /** The first column of the first row. */
  private Optional<String> ask(String sql) throws SQLException {
    Connection connection = watched.orElseThrow(() -> new LabException("nothing runs"));
    try (PreparedStatement select = connection.prepareStatement(sql);
        ResultSet row = select.executeQuery()) {
      return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
    }
  }
}
