package dev.crossfade.lab.bench;

import dev.crossfade.lab.DemoStack;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.Ports;
import dev.crossfade.lab.ShopFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Kafka Connect: a worker with Debezium's source and one with Debezium's JDBC sink, by {@link
 * ConnectSettings}. Each table has a topic of one partition and a sink of its own, so that a
 * table's fence row comes after all that was before it in the log.
 */
final class ConnectPipeline implements Pipeline {
  private static final String DATABASE = "connect_service";
  private static final String SOURCE = "source";
  private static final String SINK = "sink";

  /** The broker's time of a record is then that of its arrival. */
  private static final Map<String, String> TOPIC =
      Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "86400000");

  private static final int TAIL = 10;

  private final BenchServers servers;
  private final Workload workload;
  private final ConnectJars jars;
  private final String ddl;
  private final Topics topics;
  private final Store store;
  private final Map<String, ConnectWorker> workers = new LinkedHashMap<>();
  private final Map<String, Long> began = new HashMap<>();
  private Map<String, Long> ends = Map.of();
  private Optional<Connection> watched = Optional.empty();
  private Optional<Connection> legacy = Optional.empty();
  private Optional<Fence> behindLoad = Optional.empty();
  private Phase phase = Phase.WHOLE;
  private int installs;

  ConnectPipeline(BenchServers servers, Workload workload, ShopFiles files, ConnectJars jars) {
    this.servers = servers;
    this.workload = workload;
    this.jars = jars;
    this.ddl = files.service("order");
    this.topics = new Topics(servers.kafka());
    this.store = new Store(servers.stores(), DATABASE, Store.Names.SERVICE, StateHash.ROWS_STORE);
  }

  @Override
  public String name() {
    return "Kafka Connect";
  }

  @Override
  public Set<Phase> phases() {
    return Set.of(Phase.values());
  }

  @Override
  public void remove() throws SQLException {
    stop();
    servers.stores().execute("postgres", "drop database if exists " + DATABASE + " with (force)");
    Slots.drop(servers.legacy(), ConnectSettings.SLOT);
    servers
        .legacy()
        .execute(DemoStack.SHOP, "drop publication if exists " + ConnectSettings.PUBLICATION);
    topics.delete(names());
    try {
      Files.deleteIfExists(offsets());
    } catch (IOException e) {
      throw new LabException("could not delete " + offsets() + ": " + e.getMessage(), e);
    }
  }

  private static Set<String> names() {
    return RowShape.TABLES.stream().map(ConnectSettings::topic).collect(Collectors.toSet());
  }

  private Path offsets() {
    return servers.folder().root().resolve("connect.offsets");
  }

  @Override
  public void install() {
    installs++; // with a new name, a sink has a new consumer group
    behindLoad = Optional.empty();
    servers.stores().createDatabase(DATABASE);
    servers.stores().execute(DATABASE, ddl);
    store.instrument();
    Slots.publish(servers.legacy(), ConnectSettings.PUBLICATION);
    names().forEach(topic -> topics.create(topic, TOPIC));
  }

  @Override
  public void start(Phase wanted) throws SQLException {
    phase = wanted;
    ends = Map.of();
    began.clear();
    names().forEach(topic -> began.put(topic, topics.end(topic)));
    if (phase != Phase.APPLY) {
      start(SOURCE, List.of(ConnectSettings.source(servers.legacy())));
    }
    if (phase != Phase.CAPTURE) {
      List<Properties> sinks = new ArrayList<>();
      for (RowShape.Table table : RowShape.TABLES) {
        sinks.add(ConnectSettings.sink("bench-" + table.store() + "-" + installs, store, table));
      }
      start(SINK, sinks);
    }
    watched = Optional.of(store.connect());
    legacy = Optional.of(workload.connect());
  }

  private void start(String name, List<Properties> connectors) {
    Path root = servers.folder().root();
    Path offsets =
        name.equals(SOURCE) ? offsets() : root.resolve("connect-sink.offsets"); // sinks have none
    Properties worker =
        ConnectSettings.worker(
            servers.kafka().bootstrapServers(),
            Ports.free(),
            jars.folder().resolve("plugins"),
            offsets);
    workers.put(
        name,
        ConnectWorker.start(
            jars,
            name,
            root.resolve(name),
            servers.folder().log("connect-" + name),
            worker,
            connectors));
  }

  @Override
  public Map<String, Long> processes() {
    Map<String, Long> pids = new LinkedHashMap<>();
    workers.forEach((name, worker) -> pids.put(name, worker.pid()));
    return pids;
  }

  /**
   * The snapshot is of the moment when the slot was made. A fence that is written after that comes
   * to the topics behind every row of the snapshot.
   */
  @Override
  public boolean loaded() throws SQLException {
    check();
    if (behindLoad.isEmpty()) {
      if (Slots.ready(legacy.orElseThrow(), ConnectSettings.SLOT)) {
        behindLoad = Optional.of(workload.fence());
      }
      return false;
    }
    return store.has(connection(), behindLoad.get());
  }

  /** Of the snapshot's rows, without the time from the snapshot to the fence behind it. */
  @Override
  public long loadedAt(long seen) throws SQLException {
    return store.lastBut(behindLoad.orElseThrow());
  }

  @Override
  public long progress() throws SQLException {
    check();
    return phase == Phase.CAPTURE
        ? names().stream().mapToLong(topics::end).sum()
        : store.changes(connection());
  }

  /** Of capture: when no topic grows, their last records are looked at. */
  @Override
  public boolean through(Fence fence) throws SQLException {
    check();
    if (phase != Phase.CAPTURE) {
      return store.has(connection(), fence);
    }
    Map<String, Long> now = new HashMap<>();
    names().forEach(topic -> now.put(topic, topics.end(topic)));
    boolean rests = now.equals(ends);
    ends = now;
    return rests
        && now.entrySet().stream().allMatch(topic -> topic.getValue() > began.get(topic.getKey()))
        && now.entrySet().stream()
            .allMatch(
                topic ->
                    topics.find(topic.getKey(), topic.getValue() - TAIL, fence.id()).isPresent());
  }

  /** In Kafka by the broker's own time, in the store by the server's time of the commit. */
  @Override
  public long at(Fence fence) throws SQLException {
    if (phase != Phase.CAPTURE) {
      return store.at(fence);
    }
    long latest =
        ends.entrySet().stream()
            .mapToLong(
                topic ->
                    topics
                        .find(topic.getKey(), topic.getValue() - TAIL, fence.id())
                        .map(ConsumerRecord::timestamp)
                        .orElseThrow(
                            () ->
                                new LabException(
                                    "fence " + fence.id() + " is not in " + topic.getKey())))
            .max()
            .orElseThrow();
    return System.nanoTime() - (System.currentTimeMillis() - latest) * 1_000_000;
  }

  private void check() {
    workers.values().forEach(ConnectWorker::check);
  }

  private Connection connection() {
    return watched.orElseThrow(() -> new LabException("nothing runs"));
  }

  @Override
  public void stop() throws SQLException {
    workers.values().forEach(ConnectWorker::close);
    workers.clear();
    if (watched.isPresent()) {
      watched.get().close();
      legacy.orElseThrow().close();
      watched = Optional.empty();
      legacy = Optional.empty();
    }
  }

  @Override
  public Store store() {
    return store;
  }

  @Override
  public void close() throws SQLException {
    stop();
    topics.close();
  }
}
