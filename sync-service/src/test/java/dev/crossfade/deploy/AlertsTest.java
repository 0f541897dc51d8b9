package dev.crossfade.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Prometheus' own tool takes the alerting rules, and they fire when they are meant to. */
class AlertsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @Test
  void prometheusTakesTheRules() throws Exception {
    promtool("check", "rules", ROOT.resolve("deploy/prometheus/alerts.yml").toString());
  }

  @Test
  void theyFireWhenTheyAreMeantTo() throws Exception {
    promtool("test", "rules", "src/test/resources/alerts.test.yml");
  }

  private static void promtool(String... words) throws IOException, InterruptedException {
    Optional<Path> found =
        Stream.concat(
                Stream.of(ROOT.resolve("target/tools").toString()),
                Stream.of(System.getenv("PATH").split(File.pathSeparator)))
            .map(folder -> Path.of(folder, "promtool"))
            .filter(Files::isExecutable)
            .findFirst();
    String missing = "promtool is not there; scripts/test --install gets it";
    if ("true".equals(System.getenv("CI"))) {
      assertTrue(found.isPresent(), missing);
    }
    assumeTrue(found.isPresent(), missing);
    var command = new ArrayList<>(List.of(found.get().toString()));
    command.addAll(List.of(words));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output;
    try (InputStream in = process.getInputStream()) {
      output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), output);
  }
}
