package dev.crossfade.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
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
import java.util.Optional;

/**
 * The sync-service as a user starts it: bin/crossfade of an unpacked release with a configuration
 * file. Start, kill, restart and close are for one thread at a time, {@link #status} for any.
 */
public final class ServiceProcess implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path dist;
  private final Path config;
  private final Path folder;
  private final Path log;
  private final String url;
  private final Map<String, String> environment;
  private final List<String> words;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private volatile Child child;

  private ServiceProcess(
      Path dist,
      Path config,
      Path folder,
      Path log,
      String url,
      Map<String, String> environment,
      List<String> words) {
    this.words = List.copyOf(words);
    this.dist = dist;
    this.config = config;
    this.folder = folder;
    this.log = log;
    this.url = url;
    this.environment = Map.copyOf(environment);
    this.child = launch();
  }

  /**
   * Starts the service; does not wait until it is ready.
   *
   * @param dist the unpacked release
   * @param folder its working folder; what an earlier run left running there is ended first
   * @param url where its HTTP address will be, by the configuration
   * @param environment the secrets that the configuration names
   */
  public static ServiceProcess start(
      Path dist, Path config, Path folder, Path log, String url, Map<String, String> environment) {
    return start(dist, config, folder, log, url, environment, List.of());
  }

  /**
   * Starts the service with further words after {@code run --config FILE}, for example {@code
   * --roles capture}.
   */
  public static ServiceProcess start(
      Path dist,
      Path config,
      Path folder,
      Path log,
      String url,
      Map<String, String> environment,
      List<String> words) {
    try {
      Path real = Files.createDirectories(folder).toRealPath();
      Orphans.endThoseIn(real, "java");
      return new ServiceProcess(dist, config.toRealPath(), real, log, url, environment, words);
    } catch (IOException e) {
      throw new LabException("could not prepare the service: " + e.getMessage(), e);
    }
  }

  /** Runs a verb of the release to its end and returns what it printed on standard output. */
  public static String verb(Path dist, Map<String, String> environment, List<String> words) {
    List<String> command = new ArrayList<>(List.of(program(dist)));
    command.addAll(words);
    try {
      Path errors = Files.createTempFile("crossfade-verb", ".err");
      try {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().putAll(environment);
        // Meant for the service: a recording that it asks for would talk into what the verb prints.
        builder.environment().remove("CROSSFADE_JAVA_OPTS");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        int code = process.waitFor();
        if (code != 0) {
          throw new LabException(
              String.join(" ", command)
                  + " ended with "
                  + code
                  + ": "
                  + (Files.readString(errors) + output).strip());
        }
        return output;
      } finally {
        Files.delete(errors);
      }
    } catch (IOException e) {
      throw new LabException("could not run " + program(dist) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while " + words.get(0) + " ran", e);
    }
  }

  public long pid() {
    return child.pid();
  }

  public boolean alive() {
    return child.alive();
  }

  /** Whether it has ended by itself because of what it was told, not by a signal or a crash. */
  public boolean refused() {
    Child ended = child;
    return !ended.alive() && (ended.exitCode() == 1 || ended.exitCode() == 2);
  }

  public String url() {
    return url;
  }

  /** What GET /api/status says; empty while nobody answers. */
  public Optional<JsonNode> status() {
    return get("/api/status").flatMap(ServiceProcess::json);
  }

  private static Optional<JsonNode> json(String text) {
    try {
      return Optional.of(JSON.readTree(text));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Optional<String> get(String path) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(5)).build();
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? Optional.of(response.body()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Whether GET /health/readiness says that every stage works. */
  public boolean ready() {
    return get("/health/readiness").isPresent();
  }

  /** SIGKILL; returns when the process is gone. */
  public void kill() {
    child.kill();
  }

  /** SIGSTOP: others take it for dead, and it does not know. */
  public void freeze() {
    child.freeze();
  }

  /** Undoes {@link #freeze}: it goes on in the middle of what it did. */
  public void thaw() {
    child.thaw();
  }

  /** Starts again with the same configuration; stops a running process first. */
  public void restart() {
    close();
    child = launch();
  }

  @Override
  public void close() {
    child.stop("TERM", Duration.ofSeconds(25));
  }

  private Child launch() {
    List<String> command =
        new ArrayList<>(List.of(program(dist), "run", "--config", config.toString()));
    command.addAll(words);
    return Child.start("the service", command, environment, folder, log, "TERM");
  }

  private static String program(Path dist) {
    return dist.resolve("bin").resolve("crossfade").toString();
  }
}
