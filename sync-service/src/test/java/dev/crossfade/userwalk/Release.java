package dev.crossfade.userwalk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The unpacked release, as a person at a shell uses it. */
final class Release {
  static final Path HOME = Path.of("target/dist/crossfade-0.1.0").toAbsolutePath();

  private final Path folder;
  private final Map<String, String> environment;

  record Said(int code, String out, String err) {
    Said ends(int expected) {
      assertEquals(expected, code, () -> out + err);
      return this;
    }

    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(out);
    }
  }

  /**
   * @param folder where the person stands: crossfade.yml is there
   */
  Release(Path folder, Map<String, String> environment) {
    this.folder = folder;
    this.environment = environment;
  }

  Said crossfade(String... words) throws Exception {
    return answering("", words);
  }

  /** Types an answer into the command. */
  Said answering(String typed, String... words) throws Exception {
    Path out = Files.createTempFile(folder, "verb", ".out");
    Path err = Files.createTempFile(folder, "verb", ".err");
    var command = new ArrayList<>(List.of(HOME.resolve("bin/crossfade").toString()));
    command.addAll(List.of(words));
    var builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try (var input = process.getOutputStream()) {
      input.write(typed.getBytes(StandardCharsets.UTF_8));
    }
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("crossfade " + List.of(words) + " does not end");
    }
    return new Said(process.exitValue(), Files.readString(out), Files.readString(err));
  }
}
