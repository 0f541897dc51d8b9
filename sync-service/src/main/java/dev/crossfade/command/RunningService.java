package dev.crossfade.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.config.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** A process that runs already, as the command line sees it: its HTTP interface. */
final class RunningService {
  private final String url;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  RunningService(String url) {
    this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** Where the configuration says that it listens; any address of its own is asked as local. */
  static RunningService of(Optional<String> url, Settings settings) {
    String host = settings.http().host();
    String local = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
    return new RunningService(url.orElse("http://" + local + ":" + settings.http().port()));
  }

  String url() {
    return url;
  }

  /** The status; empty if nobody answers there, or somebody else does. */
  Optional<JsonNode> status() throws InterruptedException {
    return ask(HttpRequest.newBuilder().GET(), "/api/status")
        .map(HttpResponse::body)
        .flatMap(this::json);
  }

  /** Whether the service derives the domain's parked aggregates again. */
  boolean redrive(String domain) throws InterruptedException {
    return ask(
            HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.noBody()),
            "/api/domains/" + domain + "/redrive")
        .map(answer -> answer.statusCode() == 200)
        .orElse(false);
  }

  private Optional<HttpResponse<String>> ask(HttpRequest.Builder request, String path)
      throws InterruptedException {
    try {
      return Optional.of(
          http.send(
              request.uri(URI.create(url + path)).timeout(Duration.ofSeconds(30)).build(),
              HttpResponse.BodyHandlers.ofString()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Optional<JsonNode> json(String body) {
    try {
      JsonNode node = new ObjectMapper().readTree(body);
      return node.has("instance") && node.has("domains") ? Optional.of(node) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
