package dev.crossfade.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A disk for one server that can be full. TMPFS: a file system of its own in the server's mount
 * namespace, of which the server itself writes the last byte (SQLSTATE 53100). LIMIT, for machines
 * that give nobody a namespace: the kernel refuses to let the server's files grow beyond a
 * megabyte, as a quota would (EFBIG, SQLSTATE XX000).
 */
enum SmallDisk {
  NONE,
  TMPFS,
  LIMIT;

  private static final String SIZE = "48m";
  private static final int LARGEST_FILE = 1024 * 1024;

  private static final String MOUNT =
      "mount -t tmpfs -o size=" + SIZE + ",mode=700 tmpfs \"$0\" && exec \"$@\"";

  /** The best that this machine allows. */
  static SmallDisk best(Path folder) {
    List<String> command = new ArrayList<>(inNamespace(folder));
    command.add("true");
    Child trial =
        Child.start(
            "a mount for " + folder,
            command,
            Map.of(),
            folder,
            folder.resolveSibling("mount.log"),
            "TERM");
    boolean ended = Deadline.in(Duration.ofSeconds(10)).await(() -> !trial.alive());
    trial.stop("TERM", Duration.ofSeconds(5));
    return ended && trial.exitCode() == 0 ? TMPFS : LIMIT;
  }

  private static List<String> inNamespace(Path folder) {
    return List.of("unshare", "-U", "-r", "-m", "sh", "-c", MOUNT, folder.toString());
  }

  /** What the server's command begins with. */
  List<String> before(Path folder) {
    return this == TMPFS ? inNamespace(folder) : List.of();
  }

  /** WAL is written in files of one size, which must be within what LIMIT allows. */
  List<String> initdb() {
    return this == LIMIT ? List.of("--wal-segsize=1") : List.of();
  }

  void fill(PostgresServer server) {
    switch (this) {
      case TMPFS ->
          server.execute(
              "postgres",
              """
              create table filler (b bytea) with (autovacuum_enabled = off) tablespace small;
              alter table filler alter b set storage plain;
              do $$ begin
                loop insert into filler values (decode(repeat('00', 8000), 'hex')); end loop;
              exception when disk_full then null; -- the rows are undone, their pages stay
              end $$;
              """);
      case LIMIT -> limit(server, LARGEST_FILE + ":unlimited");
      case NONE -> throw new IllegalStateException("the server has no small disk");
    }
  }

  void free(PostgresServer server) {
    switch (this) {
      case TMPFS -> server.execute("postgres", "drop table if exists filler");
      case LIMIT -> limit(server, "unlimited");
      case NONE -> throw new IllegalStateException("the server has no small disk");
    }
  }

  private static void limit(PostgresServer server, String size) {
    ProcessHandle postmaster = ProcessHandle.of(server.pid()).orElseThrow();
    List<ProcessHandle> all = new ArrayList<>(List.of(postmaster));
    all.addAll(postmaster.descendants().toList()); // after it: its new children have the new limit
    for (ProcessHandle process : all) {
      try {
        int code =
            new ProcessBuilder("prlimit", "--pid", "" + process.pid(), "--fsize=" + size)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0 && process.isAlive()) {
          throw new LabException("could not limit the files of process " + process.pid());
        }
      } catch (IOException e) {
        throw new LabException("could not run prlimit: " + e.getMessage(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
