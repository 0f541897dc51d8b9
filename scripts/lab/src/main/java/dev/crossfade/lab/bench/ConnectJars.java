package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Kafka Connect and Debezium's connectors, fetched by Maven into the target folder when they are
 * asked for: scripts/lab/peers/pom.xml says which. None of them is ever on our own class path.
 *
 * @param folder holds worker/ with the worker's jars and plugins/ with the connectors
 */
record ConnectJars(Path folder) {
  private static final int LINES_SHOWN = 15;

  /** Fetches what is not there yet, or was fetched by another pom. */
  static ConnectJars fetch(Path root, Consumer<String> say) throws IOException {
    Path pom = root.resolve("scripts").resolve("lab").resolve("peers").resolve("pom.xml");
    Path folder = root.resolve("target").resolve("peers");
    Path fetched = folder.resolve("fetched.xml");
    if (!Files.exists(fetched) || Files.mismatch(pom, fetched) != -1) {
      say.accept("fetching Kafka Connect and Debezium's connectors …");
      Files.createDirectories(folder);
      delete(folder);
      Path log = root.resolve("target").resolve("peers-fetch.log");
      run(
          List.of(
              maven(root),
              "-B",
              "-f",
              pom.toString(),
              "-Dpeers=" + folder.toAbsolutePath(),
              "package"),
          log);
      Files.copy(pom, fetched);
    }
    return new ConnectJars(folder);
  }

  /** The names of the jars that make it what it is, and the settings of its JVMs. */
  List<String> versions() {
    List<String> versions = new ArrayList<>();
    for (String in :
        List.of(
            "worker", "plugins/debezium-connector-postgres", "plugins/debezium-connector-jdbc")) {
      try (Stream<Path> all = Files.list(folder.resolve(in))) {
        all.map(p -> p.getFileName().toString())
            .filter(n -> n.matches("(connect-runtime|debezium-connector-(postgres|jdbc))-.*[.]jar"))
            .forEach(versions::add);
      } catch (IOException e) {
        throw new LabException("Kafka Connect is not as it was fetched: " + e.getMessage(), e);
      }
    }
    versions.add(String.join(" ", ConnectWorker.JVM));
    return versions;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
        if (!path.equals(folder)) {
          Files.delete(path);
        }
      }
    }
  }

  /** Maven on the PATH, or else the project's wrapper. */
  private static String maven(Path root) {
    for (String at : System.getenv().getOrDefault("PATH", "").split(":")) {
      Path found = Path.of(at, "mvn");
      if (Files.isExecutable(found)) {
        return found.toString();
      }
    }
    Path wrapper = root.resolve("mvnw");
    if (Files.isExecutable(wrapper)) {
      return wrapper.toString();
    }
    throw new LabException("found no Maven to fetch the peers with; install Maven 3.8 or newer");
  }

  private static void run(List<String> command, Path log) throws IOException {
    try {
      Process maven =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(log.toFile())
              .start();
      int code = maven.waitFor();
      if (code != 0) {
        List<String> said =
            Files.readAllLines(log).stream().filter(line -> line.contains("ERROR")).toList();
        throw new LabException(
            "could not fetch Kafka Connect and Debezium's connectors: Maven ended with "
                + code
                + "; see "
                + log
                + String.join(
                    "",
                    said.stream()
                        .limit(LINES_SHOWN)
                        .map(l -> System.lineSeparator() + l)
                        .toList()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while the peers were fetched", e);
    }
  }
}
