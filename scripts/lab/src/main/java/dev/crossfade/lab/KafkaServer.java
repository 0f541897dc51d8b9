package dev.crossfade.lab;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;

/**
 * A single-node Kafka broker (KRaft) as a child process on 127.0.0.1, with durable data. A start on
 * an existing folder goes on from it, on the same ports. Start, kill, restart and close are for one
 * thread at a time.
 */
public final class KafkaServer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  private final Path dir;
  private final int port;
  private final int controllerPort;
  private final String classPath;
  private volatile Child child;

  private KafkaServer(Path dir, int port, int controllerPort, String classPath) {
    this.dir = dir;
    this.port = port;
    this.controllerPort = controllerPort;
    this.classPath = classPath;
    this.child = launch();
  }

  /** Starts a broker whose class path is the jars of this JVM's. */
  public static KafkaServer start(Path dir, int port) {
    // Folders are left out: a test's logging configuration is not the broker's.
    String jars =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.endsWith(".jar"))
            .collect(Collectors.joining(File.pathSeparator));
    return start(dir, port, jars);
  }

  /**
   * Starts a broker.
   *
   * @param dir the folder for everything of this broker; created if it is not there
   * @param port 0 for the one that the folder remembers, or else a free one
   * @param classPath Kafka's jars and a logging backend
   */
  public static KafkaServer start(Path dir, int port, String classPath) {
    try {
      Path folder = Files.createDirectories(dir).toRealPath();
      Orphans.endThoseIn(folder, "java");
      int clients = PostgresServer.rememberPort(folder.resolve("port"), port);
      int controller = PostgresServer.rememberPort(folder.resolve("controller-port"), 0);
      Path data = folder.resolve("data");
      if (!Files.exists(data.resolve("meta.properties"))) {
        PostgresBinaries.delete(data);
        format(Files.createDirectories(data));
      }
      writeSettings(folder, data, clients, controller);
      return new KafkaServer(folder, clients, controller, classPath);
    } catch (IOException e) {
      throw new LabException("could not prepare Kafka in " + dir + ": " + e.getMessage(), e);
    }
  }

  public int port() {
    return port;
  }

  public String bootstrapServers() {
    return "127.0.0.1:" + port;
  }

  public long pid() {
    return child.pid();
  }

  public boolean alive() {
    return child.alive();
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill() {
    child.kill();
  }

  /** SIGSTOP: its connections stay open, and nobody answers. */
  public void freeze() {
    child.freeze();
  }

  /** Undoes {@link #freeze}. */
  public void thaw() {
    child.thaw();
  }

  /** Starts again on the same data and ports; stops a running broker first. */
  public void restart() {
    close();
    child = launch();
  }

  /** A controlled shutdown. */
  @Override
  public void close() {
    child.stop("TERM", Duration.ofSeconds(20));
  }

  private Child launch() {
    for (int needed : new int[] {port, controllerPort}) {
      if (!Ports.isFree(needed)) {
        throw new LabException("Kafka in " + dir + ": port " + needed + " is in use");
      }
    }
    Path log = dir.resolve("kafka.log");
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xms64m",
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=4",
            "-Dlogback.configurationFile=" + dir.resolve("logback.xml").toUri(),
            "kafka.Kafka",
            dir.resolve("server.properties").toString());
    Child started = Child.start("Kafka", command, Map.of("CLASSPATH", classPath), dir, log, "KILL");
    boolean ready = Deadline.in(START).await(() -> !started.alive() || Ports.answers(port));
    if (!ready || !started.alive() || !answers()) {
      started.stop("KILL", Duration.ofSeconds(5));
      throw new LabException("Kafka in " + dir + " did not start; see " + log);
    }
    return started;
  }

  private boolean answers() {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", bootstrapServers());
    properties.setProperty("default.api.timeout.ms", "30000");
    try (Admin admin = Admin.create(properties)) {
      admin.describeCluster().nodes().get(30, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void format(Path data) {
    try (PrintStream silent = new PrintStream(OutputStream.nullOutputStream(), false, "UTF-8")) {
      new Formatter()
          .setPrintStream(silent)
          .setNodeId(1)
          .setClusterId(Uuid.randomUuid().toString())
          .addDirectory(data.toString())
          .setMetadataLogDirectory(data.toString())
          .setControllerListenerName("CONTROLLER")
          .setReleaseVersion(MetadataVersion.LATEST_PRODUCTION)
          .run();
    } catch (Exception e) { // Formatter.run() declares no less
      throw new LabException("could not format Kafka's folder " + data + ": " + e.getMessage(), e);
    }
  }

  private static void writeSettings(Path dir, Path data, int port, int controller)
      throws IOException {
    Properties p = new Properties();
    p.setProperty("process.roles", "broker,controller");
    p.setProperty("node.id", "1");
    p.setProperty("controller.quorum.voters", "1@127.0.0.1:" + controller);
    p.setProperty(
        "listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller);
    p.setProperty("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
    p.setProperty("controller.listener.names", "CONTROLLER");
    p.setProperty("inter.broker.listener.name", "PLAINTEXT");
    p.setProperty("log.dirs", data.toString());
    p.setProperty("auto.create.topics.enable", "false");
    p.setProperty("group.initial.rebalance.delay.ms", "0");
    // The session of a killed broker holds up its successor; the default is 9 s.
    p.setProperty("broker.session.timeout.ms", "3000");
    p.setProperty("broker.heartbeat.interval.ms", "500");
    p.setProperty("num.network.threads", "2");
    p.setProperty("num.io.threads", "4");
    p.setProperty("log.cleaner.dedupe.buffer.size", "8388608");
    for (String topic : List.of("offsets.topic", "transaction.state.log")) {
      p.setProperty(topic + ".replication.factor", "1");
      p.setProperty(topic + ".num.partitions", "4");
    }
    p.setProperty("transaction.state.log.min.isr", "1");
    p.setProperty("share.coordinator.state.topic.replication.factor", "1");
    p.setProperty("share.coordinator.state.topic.min.isr", "1");
    p.setProperty("share.coordinator.state.topic.num.partitions", "1");
    p.setProperty("default.replication.factor", "1");
    p.setProperty("min.insync.replicas", "1");
    try (Writer writer =
        Files.newBufferedWriter(dir.resolve("server.properties"), StandardCharsets.UTF_8)) {
      p.store(writer, null);
    }
    Files.writeString(
        dir.resolve("logback.xml"),
        """
        <configuration>
          <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
            <encoder><pattern>%d{ISO8601} %-5level %logger{20} %msg%n</pattern></encoder>
          </appender>
          <root level="WARN"><appender-ref ref="out"/></root>
          <logger name="kafka.server.KafkaRaftServer" level="INFO"/>
        </configuration>
        """);
  }
}
