package dev.crossfade.lab.bench;

import dev.crossfade.lab.Deadline;
import dev.crossfade.lab.DemoSetup;
import dev.crossfade.lab.DemoStack;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.ServiceProcess;
import dev.crossfade.lab.ShopFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** The release, as users run it: bin/crossfade with its defaults and the shop's order domain. */
final class CrossfadePipeline implements Pipeline {
  private static final String DOMAIN = "order";
  private static final String NAME = "crossfade_legacy"; // of the slot and the publication
  private static final TopicPartition TOPIC = new TopicPartition("crossfade." + DOMAIN, 0);
  private static final String DEADLOCK = "40P01";
  private static final int TAIL = 1_000;

  /** How far the topic was at a moment of System.nanoTime(). */
  private record Seen(long at, long end) {}

  private final BenchServers servers;
  private final DemoSetup setup;
  private final Path dist;
  private final Path config;
  private final int port;
  private final Admin admin;
  private final List<Seen> seen = new ArrayList<>();
  private Optional<ServiceProcess> service = Optional.empty();
  private Optional<Connection> watched = Optional.empty();
  private Phase phase = Phase.WHOLE;

  CrossfadePipeline(BenchServers servers, ShopFiles shop, Path dist) throws IOException {
    this.servers = servers;
    this.dist = dist;
    this.setup = new DemoSetup(servers.all(), shop, dist, List.of(DOMAIN));
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      this.port = socket.getLocalPort();
    }
    this.config = setup.writeConfiguration(servers.folder().root().resolve("crossfade.yml"), port);
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", servers.kafka().bootstrapServers());
    this.admin = Admin.create(properties);
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
    if (topicIsThere()) {
      kafka(admin.deleteTopics(List.of(TOPIC.topic())).all());
      if (!Deadline.in(Duration.ofSeconds(30)).await(() -> !topicIsThere())) {
        throw new LabException("the topic " + TOPIC.topic() + " is still there after 30 s");
      }
    }
  }

  private boolean topicIsThere() {
    return kafka(admin.listTopics().names()).contains(TOPIC.topic());
  }

  @Override
  public void install() throws SQLException {
    setup.createDatabases();
    // The service's own column: which transaction brought an order. Crossfade does not write it.
    servers
        .stores()
        .execute(
            DemoSetup.database(DOMAIN),
            "alter table orders add column bench_xid xid default pg_current_xact_id()::xid");
    for (int attempt = 1; ; attempt++) {
      try {
        setup.initialise(config);
        return;
      } catch (IOException e) {
        throw new LabException("crossfade init printed no JSON: " + e.getMessage(), e);
      } catch (LabException e) {
        // Making the publication may meet the server's own vacuum of a table that was just filled.
        boolean deadlock =
            e.getCause() instanceof SQLException s && DEADLOCK.equals(s.getSQLState());
        if (!deadlock || attempt == 5) {
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
        Optional.of(phase == Phase.CAPTURE ? servers.stores().connect(DemoSetup.CONTROL) : store());
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

  @Override
  public long progress() throws SQLException {
    alive();
    if (phase == Phase.CAPTURE) {
      long end = end();
      seen.add(new Seen(System.nanoTime(), end));
      return end;
    }
    if (ask("select 1 where to_regclass('crossfade.progress') is not null").isEmpty()) {
      return 0;
    }
    return ask("select applied from crossfade.progress").map(Long::parseLong).orElse(0L);
  }

  @Override
  public boolean through(Fence fence) throws SQLException {
    if (phase == Phase.CAPTURE) {
      // What is published is acknowledged by Kafka; the topic's end was seen more often.
      return !ask("select 1 from crossfade.capture where published_lsn - '0/0' >= " + fence.lsn())
          .isEmpty();
    }
    return !ask("select 1 from crossfade.marker where id = '"
            + fence.id()
            + "' and not exists (select from crossfade.dirty)")
        .isEmpty();
  }

  /** Capture tells in steps of 200 ms or more; the topic's end tells when the fence was in it. */
  @Override
  public long throughAt(Fence fence, long seenAt) {
    if (phase != Phase.CAPTURE) {
      return seenAt;
    }
    long offset = offset(fence);
    return seen.stream().filter(s -> s.end() > offset).findFirst().map(Seen::at).orElse(seenAt);
  }

  private long offset(Fence fence) {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", servers.kafka().bootstrapServers());
    properties.setProperty("enable.auto.commit", "false");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(TOPIC));
      long end = end();
      consumer.seek(TOPIC, Math.max(0, end - TAIL));
      while (consumer.position(TOPIC) < end) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
          if (record.value() != null && record.value().contains(fence.id())) {
            return record.offset();
          }
        }
      }
      throw new LabException("fence " + fence.id() + " is not among the topic's last records");
    }
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
  public Connection store() throws SQLException {
    return servers.stores().connect(DemoSetup.database(DOMAIN));
  }

  @Override
  public String arrival() {
    return "pg_xact_commit_timestamp(bench_xid)";
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
    admin.close(Duration.ofSeconds(5));
  }

  private void alive() {
    if (service.filter(ServiceProcess::alive).isEmpty()) {
      throw new LabException(
          "Crossfade has ended; see " + servers.folder().log("service").toAbsolutePath());
    }
  }

  private long end() {
    return kafka(admin.listOffsets(Map.of(TOPIC, OffsetSpec.latest())).partitionResult(TOPIC))
        .offset();
  }

  private static <T> T kafka(KafkaFuture<T> answer) {
    try {
      return answer.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new LabException("Kafka refused: " + e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new LabException("Kafka did not answer within 30 s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while Kafka was asked", e);
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
