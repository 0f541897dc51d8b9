package dev.crossfade.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Processes that an earlier run left behind on a data folder. A server that starts beside one would
 * seem to work while its clients talk to the orphan.
 */
final class Orphans {
  private Orphans() {}

  /** Ends every process of this program whose working folder is the given one. */
  static void endThoseIn(Path folder, String program) {
    List<ProcessHandle> orphans =
        ProcessHandle.allProcesses()
            .filter(p -> p.pid() != ProcessHandle.current().pid())
            .filter(p -> worksIn(p, folder, program))
            .toList();
    orphans.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle orphan : orphans) {
      if (!Deadline.in(Duration.ofSeconds(20)).await(() -> !orphan.isAlive())) {
        throw new LabException(
            "process " + orphan.pid() + " still runs on " + folder + "; end it, then start again");
      }
    }
  }

  private static boolean worksIn(ProcessHandle process, Path folder, String program) {
    try {
      Path proc = Path.of("/proc", Long.toString(process.pid()));
      return Files.readSymbolicLink(proc.resolve("cwd")).equals(folder)
          && Files.readSymbolicLink(proc.resolve("exe")).endsWith(program);
    } catch (IOException | SecurityException e) {
      return false; // another user's process, or one that has just ended
    }
  }
}
