package dev.crossfade.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.lab.Child;
import dev.crossfade.lab.LabException;
import java.io.IOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** A standalone worker of Kafka Connect, in a JVM of its own. For one thread at a time. */
final class ConnectWorker implements AutoCloseable {
  /** The collector that costs least, with memory enough; the time zone of the sinks' sessions. */
  static final List<String> JVM =
      List.of("-Xms1g", "-Xmx1g", "-XX:+UseParallelGC", "-Duser.timezone=UTC");

  private static final Duration STOP = Duration.ofSeconds(60);
  private static final long ASK_EVERY = 2_000_000_000;
  private static final int SHOWN = 1_500;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LOGGING =
      """
      status = warn
      appender.out.type = Console
      appender.out.name = out
      appender.out.layout.type = PatternLayout
      appender.out.layout.pattern = %d %p %c{1} %m%n
      rootLogger.level = warn
      rootLogger.appenderRef.out.ref = out
      """;

  private final Child child;
  private final String url;
  private final Path log;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private long asked = System.nanoTime();

  private ConnectWorker(Child child, String url, Path log) {
    this.child = child;
    this.url = url;
    this.log = log;
  }

  /**
   * Starts a worker with its connectors; does not wait for it.
   *
   * @param folder its working folder, where its settings are written
   * @param connectors the settings of each
   */
  static ConnectWorker start(
      ConnectJars jars,
      String name,
      Path folder,
      Path log,
      Properties worker,
      List<Properties> connectors) {
    try {
      Path home = Files.createDirectories(folder).toRealPath();
      Path logging = home.resolve("log4j2.properties");
      Files.writeString(logging, LOGGING);
      List<String> command =
          new ArrayList<>(
              List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
      command.addAll(JVM);
      command.addAll(
          List.of(
              "-Dlog4j2.configurationFile=" + logging,
              "-cp",
              jars.folder().resolve("worker").toAbsolutePath() + "/*",
              "org.apache.kafka.connect.cli.ConnectStandalone",
              write(home.resolve("worker.properties"), worker)));
      for (Properties connector : connectors) {
        command.add(write(home.resolve(connector.getProperty("name") + ".properties"), connector));
      }
      Child child = Child.start("the Connect worker " + name, command, Map.of(), home, log, "TERM");
      return new ConnectWorker(child, worker.getProperty("listeners"), log);
    } catch (IOException e) {
      throw new LabException("could not prepare Kafka Connect: " + e.getMessage(), e);
    }
  }

  private static String write(Path file, Properties properties) throws IOException {
    try (Writer writer = Files.newBufferedWriter(file)) {
      properties.store(writer, null);
    }
    return file.toString();
  }

  long pid() {
    return child.pid();
  }

  /** Fails if the worker has ended, or one of its tasks; asks for those every two seconds. */
  void check() {
    if (!child.alive()) {
      throw new LabException("Kafka Connect has ended; see " + log.toAbsolutePath());
    }
    if (System.nanoTime() - asked > ASK_EVERY) {
      asked = System.nanoTime();
      for (JsonNode connector : connectors()) {
        JsonNode status = connector.path("status");
        failed(status.path("connector"));
        status.path("tasks").forEach(this::failed);
      }
    }
  }

  private void failed(JsonNode part) {
    if (part.path("state").asText().equals("FAILED")) {
      String trace = part.path("trace").asText();
      throw new LabException(
          "Kafka Connect has failed; see "
              + log.toAbsolutePath()
              + ": "
              + trace.substring(0, Math.min(SHOWN, trace.length())));
    }
  }

  /** What it says of its connectors; nothing while it does not answer. */
  private JsonNode connectors() {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + "/connectors?expand=status"))
              .timeout(Duration.ofSeconds(5))
              .build();
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200
          ? JSON.readTree(response.body())
          : JSON.createObjectNode();
    } catch (IOException e) {
      return JSON.createObjectNode(); // it is starting
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return JSON.createObjectNode();
    }
  }

  /** In order: the worker stops its tasks and writes down how far they are. */
  @Override
  public void close() {
    child.stop("TERM", STOP);
  }
}
