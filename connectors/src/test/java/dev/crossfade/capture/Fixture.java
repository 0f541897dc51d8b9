package dev.crossfade.capture;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.crossfade.capture.log.Engine;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.Marker;
import dev.crossfade.event.TableName;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.publish.Publisher;
import dev.crossfade.source.postgresql.PostgresSettings;
import dev.crossfade.source.postgresql.PostgresSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** A source database, a control database and a domain of its own, for one test. */
final class Fixture implements AutoCloseable {
  static final Duration LIMIT = Duration.ofSeconds(90);

  final PostgresServer server = Servers.legacy();
  final String database = Servers.freshDatabase(server, "legacy");
  final String name = Servers.freshName("src");
  final String topic;
  final HikariDataSource controlPool;
  final ControlDatabase control;
  final PostgresSource source;
  final List<Capture> captures = new ArrayList<>();
  Domain domain;

  Fixture(String schema, String... tables) throws SQLException {
    this(schema, Arrays.stream(tables).map(Fixture::table).toList());
  }

  Fixture(String schema, List<CapturedTable> tables) throws SQLException {
    sql(schema);
    domain = new Domain(name, "store", tables, List.of());
    topic = domain.topic();
    var pool = new HikariConfig();
    PostgresServer stores = Servers.stores();
    pool.setJdbcUrl(stores.jdbcUrl(Servers.freshDatabase(stores, "control")));
    pool.setUsername(stores.user());
    pool.setPassword(stores.password());
    pool.setMaximumPoolSize(6);
    pool.setMinimumIdle(0);
    controlPool = new HikariDataSource(pool);
    control = new ControlDatabase(controlPool);
    control.migrate();
    source =
        new PostgresSource(
            new PostgresSettings(
                name, server.jdbcUrl(database), server.user(), server.password(), Map.of()));
  }

  /** A table whose aggregate is its first key column, called id. */
  static CapturedTable table(String table) {
    return new CapturedTable(
        TableName.parse(table), new CapturedTable.Aggregate("id"), List.of(), Set.of());
  }

  static KafkaSettings kafka() {
    return new KafkaSettings(
        Map.of("bootstrap.servers", Servers.kafka().bootstrapServers()),
        Duration.ofDays(1),
        (short) 1);
  }

  Connection connect() throws SQLException {
    return server.connect(database);
  }

  void sql(String sql) throws SQLException {
    server.use(
        database,
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return statement.execute(sql);
          }
        });
  }

  Capture start() {
    return start("one");
  }

  Capture start(String instance) {
    return start(instance, Engine::new);
  }

  Capture start(String instance, Engine.Opener engines) {
    var capture =
        new Capture(source, control, kafka(), List.of(domain), instance, engines, Publisher::open);
    captures.add(capture);
    capture.start();
    return capture;
  }

  Capture startStreaming() {
    Capture capture = start();
    await("the stream", () -> capture.status().state() == CaptureStatus.State.STREAMING, capture);
    return capture;
  }

  static void await(String what, BooleanSupplier condition, Capture... captures) {
    await(what, LIMIT, condition, captures);
  }

  static void await(String what, Duration limit, BooleanSupplier condition, Capture... captures) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "waited in vain for "
                + what
                + ": "
                + Arrays.stream(captures).map(Capture::status).toList());
      }
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
    }
  }

  /** Writes a fence and reads the topic until it comes. */
  TopicReader readToFence() {
    TopicReader reader = new TopicReader(topic);
    String fence = source.writeFence();
    reader.readUntil(
        read -> read.record() instanceof Marker marker && marker.id().equals(fence), LIMIT);
    return reader;
  }

  /** Ends the backend that streams from the slot, as a network failure would. */
  void killWalsender() {
    source.endStreaming();
  }

  Optional<String> one(String sql) throws SQLException {
    return server.use(
        database,
        connection -> {
          try (Statement statement = connection.createStatement();
              var row = statement.executeQuery(sql)) {
            return row.next() ? Optional.ofNullable(row.getString(1)) : Optional.empty();
          }
        });
  }

  @Override
  public void close() {
    captures.forEach(Capture::close);
    source.remove();
    controlPool.close();
  }
}
