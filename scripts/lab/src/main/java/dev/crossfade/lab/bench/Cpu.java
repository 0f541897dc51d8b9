package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * CPU time from /proc (proc(5)): of process trees, and of the whole machine. All times are
 * microseconds, in steps of 10 ms.
 *
 * @param parts each named process with all that it has started and reaped
 * @param busy what the machine spent on anything
 */
record Cpu(Map<String, Long> parts, long busy) {
  /** The name under which this JVM is counted: it makes the traffic and polls. */
  static final String SELF = "benchmark";

  /** USER_HZ, the unit of /proc, is 100 wherever a JDK runs on Linux. */
  private static final long MICROS_A_TICK = 10_000;

  Cpu {
    parts = Map.copyOf(parts);
  }

  /** What one line of /proc/PID/stat says: own time, and that of children that have ended. */
  record Stat(long own, long reaped) {
    /** The name, in parentheses, may hold anything, parentheses and spaces included. */
    static Stat parse(String line) {
      String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
      return new Stat(
          (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MICROS_A_TICK,
          (Long.parseLong(fields[13]) + Long.parseLong(fields[14])) * MICROS_A_TICK);
    }
  }

  /** Reads the clocks of these processes, by name, and of this JVM. */
  static Cpu read(Map<String, Long> pids) {
    Map<String, Long> parts = new LinkedHashMap<>();
    pids.forEach((name, pid) -> parts.put(name, tree(pid)));
    parts.put(SELF, own(ProcessHandle.current().pid()).map(Stat::own).orElse(0L));
    return new Cpu(parts, machine());
  }

  /** The time of a process and everything below it; what has ended counts with its parent. */
  static long tree(long root) {
    Optional<ProcessHandle> handle = ProcessHandle.of(root);
    long below =
        handle.stream()
            .flatMap(ProcessHandle::descendants)
            .mapToLong(p -> own(p.pid()).map(s -> s.own() + s.reaped()).orElse(0L))
            .sum();
    return below + own(root).map(s -> s.own() + s.reaped()).orElse(0L);
  }

  private static Optional<Stat> own(long pid) {
    try {
      return Optional.of(
          Stat.parse(Files.readString(Path.of("/proc", Long.toString(pid), "stat"))));
    } catch (IOException e) {
      return Optional.empty(); // it has ended
    }
  }

  private static long machine() {
    try {
      return busy(Files.readString(Path.of("/proc/stat")));
    } catch (IOException e) {
      throw new LabException("could not read /proc/stat: " + e.getMessage(), e);
    }
  }

  /** The busy time in the first line of /proc/stat: all but idle and iowait. */
  static long busy(String text) {
    String[] fields = text.lines().findFirst().orElseThrow().trim().split(" +");
    long ticks = 0;
    for (int i = 1; i <= 8; i++) { // what follows, the guests' time, is in user and nice already
      ticks += i == 4 || i == 5 ? 0 : Long.parseLong(fields[i]);
    }
    return ticks * MICROS_A_TICK;
  }

  /** What was spent since an earlier reading; a process that was not there then began at 0. */
  Cpu since(Cpu before) {
    Map<String, Long> spent = new LinkedHashMap<>();
    parts.forEach((name, now) -> spent.put(name, now - before.parts.getOrDefault(name, 0L)));
    return new Cpu(spent, busy - before.busy);
  }

  /** What all named processes took but this JVM. */
  long ours() {
    return parts.entrySet().stream()
        .filter(part -> !part.getKey().equals(SELF))
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** What others took of a difference: programs that are not measured, and the kernel's own. */
  long foreign() {
    return Math.max(0, busy - parts.values().stream().mapToLong(Long::longValue).sum());
  }
}
