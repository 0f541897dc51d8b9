package dev.crossfade.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a new user runs it, on the release: once, and once more on the same data. */
class DemoIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path scratch;

  @Test
  void endsConsistentGoesOnFromItsDataAndLeavesNoProcessBehind() throws Exception {
    JsonNode first = demo("1");
    assertTrue(first.path("orders").asInt() > 20, first::toString);
    JsonNode second = demo("2");
    assertTrue(
        second.path("compared").path("order").path("rows").asInt()
            > first.path("compared").path("order").path("rows").asInt(),
        "the second run goes on from the data of the first: " + first + second);
  }

  /** Runs the demo in a folder whose name has a space, and returns its last line. */
  private JsonNode demo(String run) throws Exception {
    Path data = scratch.resolve("demo data");
    Path output = scratch.resolve("out-" + run);
    File errors = scratch.resolve("err-" + run).toFile();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Dcrossfade.root=" + Path.of("..").toRealPath(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.crossfade.lab.Demo",
                "--seconds",
                "6",
                "--data",
                data.toString(),
                "--seed",
                run)
            .redirectOutput(output.toFile())
            .redirectError(errors)
            .start();
    try {
      assertTrue(process.waitFor(180, TimeUnit.SECONDS), "the demo did not end");
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(output);
    assertEquals(0, process.exitValue(), () -> String.join("\n", lines));
    JsonNode last = JSON.readTree(lines.get(lines.size() - 1));
    assertTrue(last.path("consistent").asBoolean(), last::toString);
    assertEquals(0, last.path("parked").asInt(-1), last::toString);
    for (JsonNode mismatches : last.path("mismatches")) {
      assertEquals(0, mismatches.asInt(-1), last::toString);
    }
    JsonNode pids = JSON.readTree(data.resolve("endpoints.json").toFile()).path("pids");
    assertEquals(5, pids.size(), pids::toString);
    for (JsonNode pid : pids) {
      assertFalse(
          ProcessHandle.of(pid.asLong()).map(ProcessHandle::isAlive).orElse(false),
          () -> "still running: " + pids);
    }
    return last;
  }
}
