package dev.crossfade.lab.bench;

import dev.crossfade.lab.DemoFolder;
import dev.crossfade.lab.DemoServers;
import dev.crossfade.lab.KafkaServer;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** The servers of one run, alike for every pipeline: durable, and on the loopback address. */
final class BenchServers implements AutoCloseable {
  /** Beside what {@link PostgresServer} sets, fsync and synchronous_commit on among it. */
  static final Map<String, String> POSTGRES =
      new TreeMap<>(
          Map.of(
              "wal_level", "logical",
              "track_commit_timestamp", "on",
              "shared_buffers", "512MB",
              "max_wal_size", "4GB",
              "checkpoint_timeout", "15min"));

  private final DemoFolder folder;
  private final PostgresServer legacy;
  private final PostgresServer stores;
  private final KafkaServer kafka;

  private BenchServers(
      DemoFolder folder, PostgresServer legacy, PostgresServer stores, KafkaServer kafka) {
    this.folder = folder;
    this.legacy = legacy;
    this.stores = stores;
    this.kafka = kafka;
  }

  static BenchServers start(Path data) {
    DemoFolder folder = DemoFolder.open(data, false);
    Path root = folder.root();
    return new BenchServers(
        folder,
        PostgresServer.start(root.resolve("legacy"), 0, POSTGRES),
        PostgresServer.start(root.resolve("stores"), 0, POSTGRES),
        KafkaServer.start(root.resolve("kafka"), 0));
  }

  DemoFolder folder() {
    return folder;
  }

  PostgresServer legacy() {
    return legacy;
  }

  PostgresServer stores() {
    return stores;
  }

  KafkaServer kafka() {
    return kafka;
  }

  DemoServers all() {
    return new DemoServers(legacy, stores, kafka);
  }

  Map<String, Long> processes() {
    Map<String, Long> pids = new LinkedHashMap<>();
    pids.put("Kafka", kafka.pid());
    pids.put("legacy PostgreSQL", legacy.pid());
    pids.put("stores PostgreSQL", stores.pid());
    return pids;
  }

  /** Writes out what an earlier step left in memory, so that it is not charged to the next one. */
  void checkpoint() {
    legacy.execute("postgres", "checkpoint");
    stores.execute("postgres", "checkpoint");
  }

  /** Kills rather than stops: nobody reads the data again. Keeps the logs only. */
  @Override
  public void close() {
    kafka.kill();
    stores.kill();
    legacy.kill();
    try {
      folder.deleteData();
    } catch (IOException e) {
      throw new LabException("could not delete " + folder.root() + ": " + e.getMessage(), e);
    } finally {
      folder.close();
    }
  }
}
