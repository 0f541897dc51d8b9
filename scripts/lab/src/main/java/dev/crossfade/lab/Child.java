package dev.crossfade.lab;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A child process in a session of its own, so that Ctrl-C in the terminal reaches only this JVM,
 * and with a watchdog that ends it when this JVM dies without a word: the watchdog is a shell that
 * reads a pipe of ours, and the end of the pipe is our death. (PR_SET_PDEATHSIG would follow the
 * thread that started the child, not the process.) Safe for any thread.
 */
public final class Child {
  private static final String WATCHDOG =
      """
      started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
      trap '' INT HUP TERM
      pid=$1; signal=$2; was=$(started "$pid")
      read -r word && exit 0
      [ -n "$was" ] && [ "$(started "$pid")" = "$was" ] || exit 0
      kill -s "$signal" "$pid"
      n=0
      while [ "$n" -lt 100 ] && [ "$(started "$pid")" = "$was" ]; do sleep 0.1; n=$((n+1)); done
      [ "$(started "$pid")" = "$was" ] && kill -s KILL "$pid"
      exit 0
      """;

  private final String name;
  private final Process process;
  private final Process watchdog;

  private Child(String name, Process process, Process watchdog) {
    this.name = name;
    this.process = process;
    this.watchdog = watchdog;
  }

  /**
   * Starts a child.
   *
   * @param folder its working folder
   * @param endSignal what the watchdog sends first, INT, TERM or KILL
   * @param log where both of its outputs are appended
   */
  public static Child start(
      String name,
      List<String> command,
      Map<String, String> env,
      Path folder,
      Path log,
      String endSignal) {
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      List<String> full = new ArrayList<>(List.of("setsid"));
      full.addAll(command);
      ProcessBuilder builder =
          new ProcessBuilder(full)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      builder.environment().putAll(env);
      Process process = builder.start();
      Process watchdog =
          new ProcessBuilder(
                  "setsid",
                  "sh",
                  "-c",
                  WATCHDOG,
                  "watchdog",
                  Long.toString(process.pid()),
                  endSignal)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new Child(name, process, watchdog);
    } catch (IOException e) {
      throw new LabException("could not start " + name + ": " + e.getMessage(), e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** The exit code of a child that has ended. */
  int exitCode() {
    return process.exitValue();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Asks the child to end by a signal, and kills it when the patience is over. */
  public void stop(String signal, Duration patience) {
    if (process.isAlive()) {
      signal(process.pid(), signal);
      if (!Deadline.in(patience).await(() -> !process.isAlive())) {
        process.destroyForcibly();
      }
    }
    gone();
  }

  /** SIGKILL to the child and everything below it; returns when all of them are gone. */
  void kill() {
    List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
    process.destroyForcibly();
    family.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle member : family) {
      if (!Deadline.in(Duration.ofSeconds(20)).await(() -> !member.isAlive())) {
        throw new LabException(name + ": process " + member.pid() + " does not end on SIGKILL");
      }
    }
    gone();
  }

  /** SIGSTOP to the child, then to everything below it: it makes no new children meanwhile. */
  void freeze() {
    signal(process.pid(), "STOP");
    process.descendants().forEach(member -> signal(member.pid(), "STOP"));
  }

  /** Undoes {@link #freeze}. */
  void thaw() {
    process.descendants().forEach(member -> signal(member.pid(), "CONT"));
    signal(process.pid(), "CONT");
  }

  private void gone() {
    if (!Deadline.in(Duration.ofSeconds(20)).await(() -> !process.isAlive())) {
      throw new LabException(name + ": process " + process.pid() + " does not end on SIGKILL");
    }
    try (OutputStream pipe = watchdog.getOutputStream()) {
      pipe.write("done\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      // The watchdog has ended already, which is all that was wanted.
    }
  }

  static void signal(long pid, String signal) {
    try {
      Process kill =
          new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + pid)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      kill.waitFor();
    } catch (IOException e) {
      throw new LabException("could not signal process " + pid + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
