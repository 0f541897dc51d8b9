package dev.crossfade.lab.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the processes of a pipeline hold together, in bytes.
 *
 * @param heap in use in their JVMs, what is not collected yet with it; empty without a JVM that
 *     tells
 * @param resident memory now
 * @param peak the most resident memory of each that it had at once
 */
record Memory(OptionalLong heap, long resident, long peak) {
  /** A generation, or all regions, as {@code jcmd} prints them; not the metaspace. */
  private static final Pattern IN_USE = Pattern.compile("total \\d+K, used (\\d+)K");

  static Memory of(Collection<Long> pids) {
    return new Memory(
        pids.stream()
            .map(Memory::heap)
            .filter(OptionalLong::isPresent)
            .mapToLong(OptionalLong::getAsLong)
            .reduce(Long::sum),
        pids.stream().mapToLong(pid -> status(pid, "VmRSS:")).sum(),
        pids.stream().mapToLong(pid -> status(pid, "VmHWM:")).sum());
  }

  /** Asked by the JDK's own tool, which a runtime without a compiler does not have. */
  private static OptionalLong heap(long pid) {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    if (!Files.isExecutable(jcmd)) {
      return OptionalLong.empty();
    }
    try {
      Process asked =
          new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.heap_info")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      asked.getOutputStream().close();
      return heap(new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** Of what {@code jcmd PID GC.heap_info} says; empty if it names no heap. */
  static OptionalLong heap(String said) {
    Matcher found = IN_USE.matcher(said);
    return found
        .results()
        .mapToLong(part -> Long.parseLong(part.group(1)) * 1024)
        .reduce(Long::sum);
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
