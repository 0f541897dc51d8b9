package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.AppInfoParser;

/** What the figures depend on beside the pipelines: the machine, versions and settings. */
final class Machine {
  private static final List<String> SETTINGS =
      List.of(
          "fsync",
          "synchronous_commit",
          "full_page_writes",
          "wal_level",
          "shared_buffers",
          "max_wal_size",
          "checkpoint_timeout",
          "autovacuum",
          "track_commit_timestamp");

  private Machine() {}

  /** In the order in which it is shown. */
  static Map<String, Object> look(Path root, Path dist, BenchServers servers) throws SQLException {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("at", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    facts.put("cores", Runtime.getRuntime().availableProcessors());
    facts.put("cpu", line("/proc/cpuinfo", "model name"));
    facts.put("memory_mb", Long.parseLong(line("/proc/meminfo", "MemTotal").split(" ")[0]) / 1024);
    facts.put("load_average_before", first("/proc/loadavg"));
    facts.put("kernel", System.getProperty("os.version"));
    facts.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put("crossfade", dist.getFileName().toString());
    facts.put("commit", git(root, "rev-parse", "HEAD"));
    facts.put("changed_since_commit", !git(root, "status", "--porcelain").isEmpty());
    facts.put("CROSSFADE_JAVA_OPTS", System.getenv().getOrDefault("CROSSFADE_JAVA_OPTS", ""));
    facts.put("kafka", AppInfoParser.getVersion());
    Map<String, String> settings = new TreeMap<>();
    try (Connection connection = servers.stores().connect("postgres");
        Statement statement = connection.createStatement()) {
      facts.put("postgresql", show(statement, "server_version"));
      facts.put("postgresql_cflags", compiled(statement));
      for (String name : SETTINGS) {
        settings.put(name, show(statement, name));
      }
    }
    facts.put("postgresql_settings", settings);
    return facts;
  }

  /** A server that was built to be small is slower than a packaged one. */
  private static String compiled(Statement statement) throws SQLException {
    try (ResultSet row =
        statement.executeQuery("select setting from pg_config where name = 'CFLAGS'")) {
      return row.next() ? row.getString(1) : "unknown";
    }
  }

  private static String show(Statement statement, String setting) throws SQLException {
    try (ResultSet row = statement.executeQuery("show " + setting)) {
      row.next();
      return row.getString(1);
    }
  }

  private static String line(String file, String key) {
    try {
      return Files.readAllLines(Path.of(file)).stream()
          .filter(l -> l.startsWith(key))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      throw new LabException("could not read " + file + ": " + e.getMessage(), e);
    }
  }

  private static String first(String file) {
    try {
      return Files.readString(Path.of(file)).split(" ")[0];
    } catch (IOException e) {
      throw new LabException("could not read " + file + ": " + e.getMessage(), e);
    }
  }

  /** What git says; "unknown" where there is none, as in an unpacked archive. */
  private static String git(Path root, String... words) {
    List<String> command = new ArrayList<>(List.of("git", "-C", root.toString()));
    command.addAll(List.of(words));
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String said = new String(process.getInputStream().readAllBytes()).strip();
      return process.waitFor(20, TimeUnit.SECONDS) && process.exitValue() == 0 ? said : "unknown";
    } catch (IOException e) {
      return "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
