package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** Starts a pipeline and watches it until its work is done. Moments are of System.nanoTime(). */
final class Stopwatch {
  private static final long LOOK_EVERY = 20_000_000;

  /** Tells when the work is done. */
  interface Done {
    boolean test() throws SQLException;
  }

  /** The moment when it was done: it was seen to be, and not yet by the look before. */
  interface DoneAt {
    long test(long notYet, long seen) throws SQLException;
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
    long notYet = began;
    long seen = 0;
    Duration patience = patience(amount);
    while (seen == 0) {
      long look = System.nanoTime();
      if (first == 0 && pipeline.progress() > nothing) {
        first = System.nanoTime();
        atFirst = Cpu.read(all(pipeline));
      }
      if (done.test()) {
        seen = System.nanoTime();
      } else if (look - began > patience.toNanos()) {
        throw new LabException(
            pipeline.name()
                + ", "
                + what
                + ": not done within "
                + patience.toMinutes()
                + " minutes; logs are in "
                + servers.folder().log("x").getParent());
      } else {
        notYet = look;
        LockSupport.parkNanos(LOOK_EVERY);
      }
    }
    Cpu after = Cpu.read(all(pipeline));
    Memory memory = Memory.of(pipeline.processes().values());
    long end = Math.min(seen, doneAt.test(notYet, seen));
    return new Measured(
        pipeline.name(),
        what,
        stretch(amount, began, end, after.since(before)),
        stretch(amount, first == 0 || first > end ? began : first, end, after.since(atFirst)),
        Optional.empty(),
        memory,
        true);
  }

  private static Stretch stretch(long amount, long from, long to, Cpu cpu) {
    return new Stretch(amount, (to - from) / 1e9, cpu);
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
    await(pipeline, what, patience, LOOK_EVERY, done);
  }

  /**
   * The same.
   *
   * @param every nanoseconds between two looks
   */
  static void await(Pipeline pipeline, String what, Duration patience, long every, Done done)
      throws SQLException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!done.test()) {
      if (System.nanoTime() > deadline) {
        throw new LabException(
            pipeline.name() + ": " + what + " was not so within " + patience.toSeconds() + " s");
      }
      LockSupport.parkNanos(every);
    }
  }
}
