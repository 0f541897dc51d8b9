package dev.crossfade.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.config.Settings;
import dev.crossfade.config.SettingsFile;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

class ComposeTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @Test
  void dockerComposeTakesTheFile() throws IOException, InterruptedException {
    boolean there =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "docker-compose")));
    if ("true".equals(System.getenv("CI"))) {
      assertTrue(there, "docker-compose is not on PATH; scripts/test --install installs it");
    }
    assumeTrue(there, "docker-compose is not on PATH; scripts/test --install installs it");
    Process compose =
        new ProcessBuilder("docker-compose", "-f", "docker-compose.yml", "config", "-q")
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .start();
    String output;
    try (InputStream in = compose.getInputStream()) {
      output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertTrue(compose.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, compose.exitValue(), output);
  }

  @Test
  void portsAreLocalAndLeaveTheServicesAlone() throws IOException {
    String text = Files.readString(ROOT.resolve("docker-compose.yml"));
    Matcher port = Pattern.compile("- \"([^\"]*):(\\d+):\\d+\"").matcher(text);
    int found = 0;
    while (port.find()) {
      found++;
      assertEquals("127.0.0.1", port.group(1));
      int number = Integer.parseInt(port.group(2));
      assertFalse(number == 8000 || number == 8001 || number >= 8010 && number <= 8020);
    }
    assertTrue(found >= 6, "found " + found + " ports");
  }

  @Test
  void everyMountedFileIsThere() throws IOException {
    Matcher mount =
        Pattern.compile("- (\\./[^:\\s]+):")
            .matcher(Files.readString(ROOT.resolve("docker-compose.yml")));
    while (mount.find()) {
      assertTrue(Files.exists(ROOT.resolve(mount.group(1))), mount.group(1));
    }
  }

  @Test
  void itsConfigurationIsValid() {
    Settings settings =
        SettingsFile.read(
            ROOT.resolve("deploy/crossfade.yml"),
            Map.of("LEGACY_PASSWORD", "x", "STORE_PASSWORD", "y"));
    assertEquals(4, settings.domains().size());
  }

  @Test
  void itsLegacyPublishesExactlyTheCapturedTables() throws IOException {
    Settings settings =
        SettingsFile.read(
            ROOT.resolve("deploy/crossfade.yml"),
            Map.of("LEGACY_PASSWORD", "x", "STORE_PASSWORD", "y"));
    String script = Files.readString(ROOT.resolve("deploy/legacy/crossfade.sh"));
    Matcher published = Pattern.compile("for table ([^;]*);").matcher(script);
    assertTrue(published.find());
    assertEquals(
        settings.capturedTables().stream().map(t -> t.name().table()).sorted().toList(),
        Stream.of(published.group(1).split(",")).map(String::strip).sorted().toList());
  }

  /** A dashboard or an alarm over a metric that nobody exports shows nothing, and says nothing. */
  @Test
  void dashboardAndAlarmsUseMetricsThatExist() throws IOException {
    String exported =
        Files.readString(Path.of("src/main/java/dev/crossfade/http/FlowMetrics.java"));
    JsonNode dashboard =
        new ObjectMapper()
            .readTree(ROOT.resolve("deploy/grafana/dashboards/crossfade.json").toFile());
    String alerts = Files.readString(ROOT.resolve("deploy/prometheus/alerts.yml"));
    new Yaml().load(alerts);
    String used = alerts + dashboard.findValuesAsText("expr");
    Matcher metric = Pattern.compile("crossfade_[a-z_]+").matcher(used);
    int found = 0;
    while (metric.find()) {
      found++;
      String name = metric.group().replaceAll("_total$", "").replace('_', '.');
      List<String> parts = List.of(name, name.replaceFirst("^crossfade\\.(capture\\.)?", ""));
      assertTrue(
          parts.stream().anyMatch(p -> exported.contains('"' + p + '"')),
          () -> metric.group() + " is not exported");
    }
    assertTrue(found > 10);
  }
}
