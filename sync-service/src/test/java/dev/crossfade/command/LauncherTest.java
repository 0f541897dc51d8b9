package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code bin/crossfade} gives to Java, which is here a script that prints it. */
class LauncherTest {
  private static final Path LAUNCHER = Path.of("src/dist/bin/crossfade");
  private static final String KEPT = "-XX:ArchiveClassesAtExit=";

  @TempDir private Path folder;

  private Path release(String name) throws IOException {
    Path release = folder.resolve(name);
    Files.createDirectories(release.resolve("lib"));
    Files.createDirectories(release.resolve("bin"));
    Files.copy(LAUNCHER, release.resolve("bin/crossfade"));
    return release;
  }

  private List<String> given(Path release, String... words) throws Exception {
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(
        java,
        """
        #!/bin/sh
        if [ "$1" = -version ]; then echo 'openjdk version "17.0.1"' >&2; else printf '%s\\n' "$@"; fi
        """);
    assertTrue(java.toFile().setExecutable(true));
    var builder = new ProcessBuilder("bash", release.resolve("bin/crossfade").toString());
    builder.command().addAll(List.of(words));
    builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
    builder
        .environment()
        .put("CROSSFADE_CACHE", folder.resolve("cache").toString()); // both keep theirs there
    builder.environment().remove("CROSSFADE_JAVA_OPTS");
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    List<String> lines = new String(process.getInputStream().readAllBytes()).lines().toList();
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    assertEquals(0, process.exitValue());
    return lines;
  }

  private static String archive(List<String> given) {
    String kept = given.stream().filter(word -> word.startsWith(KEPT)).findFirst().orElseThrow();
    return kept.replaceFirst("\\.\\d+\\.new$", ""); // without the process
  }

  @Test
  void anArchiveOfClassesIsThatOfAPlace() throws Exception {
    Path here = release("here");
    String first = archive(given(here, "run"));
    assertEquals(first, archive(given(here, "run")));
    Path there = folder.resolve("there");
    Files.move(here, there);
    assertNotEquals(first, archive(given(there, "run")));
  }

  @Test
  void onlyAServiceKeepsItsClassesAndNobodyHasARecorderSetUp() throws Exception {
    List<String> given = given(release("here"), "status", "--json");
    assertTrue(given.stream().noneMatch(word -> word.startsWith(KEPT)), given::toString);
    assertTrue(given.contains("-Dio.netty.jfr.enabled=false"), given::toString);
    assertEquals(List.of("status", "--json"), given.subList(given.size() - 2, given.size()));
  }
}
