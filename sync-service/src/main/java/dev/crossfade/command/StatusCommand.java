package dev.crossfade.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Shows what a running process is doing.",
    description = {"Exit code 0 if it is ready, 1 if it is not, 3 if none answers.", ""})
final class StatusCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Where the process listens (default: http.host and http.port of the configuration).")
  private Optional<String> url = Optional.empty();

  @Override
  public Integer call() throws InterruptedException {
    var out = new Output(spec.commandLine(), options.json());
    RunningService service =
        url.map(RunningService::new)
            .orElseGet(() -> RunningService.of(Optional.empty(), options.settings()));
    Optional<JsonNode> status = service.status();
    if (status.isEmpty()) {
      out.error(
          "No process of Crossfade answers at "
              + service.url()
              + "; start one with: crossfade run.");
      return Exit.UNREACHABLE;
    }
    out.json(new ObjectMapper().convertValue(status.get(), new JsonMap()));
    print(out, status.get());
    return status.get().path("ready").asBoolean() ? Exit.OK : Exit.PROBLEMS;
  }

  private static final class JsonMap
      extends com.fasterxml.jackson.core.type.TypeReference<Map<String, Object>> {}

  private static void print(Output out, JsonNode status) {
    out.text(
        status.path("instance").asText()
            + (status.path("ready").asBoolean() ? " is ready" : " is not ready"));
    status.path("unready").forEach(reason -> out.text("  " + reason.asText()));
    JsonNode capture = status.path("capture");
    if (capture.isObject()) {
      out.text(
          "capture    %-10s epoch %s, generation %s, %s events, lag %s s, source keeps %s bytes of log (limit %s)"
              .formatted(
                  capture.path("state").asText(),
                  number(capture, "epoch"),
                  number(capture, "generation"),
                  number(capture, "events"),
                  number(capture, "capture_lag_seconds"),
                  number(capture, "retained_wal_bytes"),
                  number(capture, "retained_wal_limit_bytes")));
    }
    status
        .path("domains")
        .properties()
        .forEach(
            entry -> {
              JsonNode domain = entry.getValue();
              out.text(
                  "%-10s %-10s %s applied, %s to consume, lag %s s, %s parked, %s dirty"
                      .formatted(
                          entry.getKey(),
                          domain.path("state").asText(),
                          number(domain, "applied_records"),
                          number(domain, "consumer_lag"),
                          number(domain, "end_to_end_lag_seconds"),
                          number(domain, "parked"),
                          number(domain, "dirty")));
            });
  }

  private static String number(JsonNode node, String field) {
    JsonNode value = node.path(field);
    if (value.isNull() || value.isMissingNode()) {
      return "?";
    }
    return value.isFloatingPointNumber() ? "%.3f".formatted(value.asDouble()) : value.asText();
  }
}
