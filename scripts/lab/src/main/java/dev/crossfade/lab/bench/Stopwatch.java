package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** Starts a pipeline and watches it until its work is done. */
final class Stopwatch {
  private static final long LOOK_EVERY = 20_000_000;

  /** Tells when the work is done. */
  interface Done {
    boolean test() throws SQLException;
  }

  /** When it is known that it was done, by System.nanoTime(), after it was seen. */
  interface DoneAt {
    long test(long seen) throws SQLException;
  }

  private final BenchServers servers;

  Stopwatch(BenchServers servers) {
    this.servers = servers;
  }

  /** Starts a phase and waits until it is done; the pipeline goes on running. */
  Measured run(Pipeline pipeline, Phase phase, String what, long amount, Done done, DoneAt doneAt)
      throws SQLException {
    Cpu before = Cpu.read(servers.processes());
    long began = System.nanoTime();
    pipeline.start(phase);
    long nothing = pipeline.progress();
    Cpu atFirst = before;
    long first = 0;
    long seen = 0;
    long deadline = began + patience(amount).toNanos();
    while (seen == 0) {
      if (pipeline.progress() > nothing && first == 0) {
        first = System.nanoTime();
        atFirst = Cpu.read(all(pipeline));
      }
      if (done.test()) {
        seen = System.nanoTime();
      } else if (System.nanoTime() > deadline) {
        throw new LabException(
            pipeline.name()
                + ", "
                + what
                + ": not done within "
                + patience(amount).toMinutes()
                + " minutes; logs are in "
                + servers.folder().log("x").getParent());
      } else {
        LockSupport.parkNanos(LOOK_EVERY);
      }
    }
    Cpu after = Cpu.read(all(pipeline));
    long peak = pipeline.processes().values().stream().mapToLong(Stopwatch::peak).sum();
    long end = doneAt.test(seen);
    return new Measured(
        pipeline.name(),
        what,
        amount,
        (end - began) / 1e9,
        (end - (first == 0 || first > end ? began : first)) / 1e9,
        after.since(before),
        after.since(atFirst),
        peak,
        true);
  }

  private Map<String, Long> all(Pipeline pipeline) {
    Map<String, Long> all = new LinkedHashMap<>(servers.processes());
    all.putAll(pipeline.processes());
    return all;
  }

  private static Duration patience(long amount) {
    return Duration.ofMinutes(5).plusMillis(2 * amount);
  }

  /** Waits for a condition of a pipeline. */
  static void await(Pipeline pipeline, String what, Duration patience, Done done)
      throws SQLException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!done.test()) {
      if (System.nanoTime() > deadline) {
        throw new LabException(
            pipeline.name() + ": " + what + " was not so within " + patience.toSeconds() + " s");
      }
      LockSupport.parkNanos(LOOK_EVERY);
    }
  }

  /** The most memory that a process had at once. */
  static long peak(long pid) {
    return status(pid, "VmHWM:");
  }

  static long resident(long pid) {
    return status(pid, "VmRSS:");
  }

  private static long status(long pid, String field) {
    try {
      return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
          .filter(l -> l.startsWith(field))
          .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // it has ended
    }
  }
}
