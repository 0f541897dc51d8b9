package dev.crossfade.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the demo treats its processes; a stub stands in for the release. */
class DemoTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private Path root;
  private Path data;
  private Process demo;

  @BeforeEach
  void aDemoThatRuns() throws IOException {
    root = Servers.freshFolder("a demo");
    data = root.resolve("my data");
    Path bin = Files.createDirectories(root.resolve("sync-service/target/dist/crossfade-0/bin"));
    Path script = bin.resolve("crossfade");
    Files.writeString(
        script,
        "#!/bin/sh\nexec \"%s\" -cp '%s' dev.crossfade.lab.StubService \"$@\"\n"
            .formatted(java(), System.getProperty("java.class.path")));
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createDirectories(root.resolve("schemas"));
    Files.createSymbolicLink(root.resolve("schemas/shop"), ShopFiles.find().root());
    demo = start();
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    demo.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
  }

  @Test
  void whatDiesIsStartedAgainAndASignalStopsEverything() throws Exception {
    List<Long> pids = awaitRunning();
    for (String part : List.of("service", "kafka", "stores", "legacy")) {
      long before = endpoints().orElseThrow().path("pids").path(part).asLong();
      ProcessHandle.of(before).orElseThrow().destroyForcibly();
      assertTrue(
          Deadline.in(Duration.ofSeconds(90))
              .await(() -> endpoints().orElseThrow().path("pids").path(part).asLong() != before),
          part + " was not started again");
    }
    assertNotEquals(pids, pids());
    pids = pids();
    demo.destroy();
    assertTrue(demo.waitFor(60, TimeUnit.SECONDS));
    assertEquals(List.of(), pids.stream().filter(p -> ProcessHandle.of(p).isPresent()).toList());
  }

  @Test
  void nothingOutlivesAKilledDemoAndTheNextGoesOnFromItsData() throws Exception {
    List<Long> pids = awaitRunning();
    demo.destroyForcibly().waitFor();
    assertTrue(
        Deadline.in(Duration.ofSeconds(60))
            .await(() -> pids.stream().noneMatch(p -> ProcessHandle.of(p).isPresent())));
    JsonNode before = endpoints().orElseThrow();
    Files.delete(data.resolve("endpoints.json"));
    demo = start();
    awaitRunning();
    assertEquals(before.path("legacy"), endpoints().orElseThrow().path("legacy"));
    assertEquals(before.path("kafka"), endpoints().orElseThrow().path("kafka"));
  }

  private Process start() throws IOException {
    return new ProcessBuilder(
            java(),
            "-Dcrossfade.root=" + root,
            "-cp",
            System.getProperty("java.class.path"),
            "dev.crossfade.lab.Demo",
            "--data",
            data.toString(),
            "--orders-per-second",
            "5")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(root.resolve("out.log").toFile()))
        .start();
  }

  private List<Long> awaitRunning() throws IOException {
    Deadline deadline = Deadline.in(Duration.ofSeconds(90));
    assertTrue(
        deadline.await(() -> endpoints().isPresent() && demo.isAlive()),
        () -> "the demo did not start: " + output());
    assertTrue(deadline.await(() -> output().contains("lag p50")), this::output);
    return pids();
  }

  private List<Long> pids() {
    return StreamSupport.stream(endpoints().orElseThrow().path("pids").spliterator(), false)
        .map(JsonNode::asLong)
        .toList();
  }

  private Optional<JsonNode> endpoints() {
    try {
      Path file = data.resolve("endpoints.json");
      return Files.exists(file) ? Optional.of(JSON.readTree(file.toFile())) : Optional.empty();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private String output() {
    try {
      return Files.readString(root.resolve("out.log"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }
}
