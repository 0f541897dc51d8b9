package dev.crossfade.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The servers of a test run: one set a JVM, started when first asked for, closed and deleted when
 * the JVM ends. A test takes a fresh database and fresh names and leaves the servers running. Safe
 * for any thread.
 */
public final class Servers {
  private static final Servers RUN = new Servers();

  private final AtomicInteger names = new AtomicInteger();
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final Path folder;
  private final Once<PostgresServer> legacy;
  private final Once<PostgresServer> stores;
  private final Once<KafkaServer> kafka;

  private Servers() {
    try {
      Path target = Files.createDirectories(Path.of("target").toAbsolutePath());
      this.folder = Files.createTempDirectory(target, "servers-");
    } catch (IOException e) {
      throw new LabException("could not make a folder for servers: " + e.getMessage(), e);
    }
    Map<String, String> logical = Map.of("wal_level", "logical");
    this.legacy =
        new Once<>(() -> opened(PostgresServer.start(folder.resolve("legacy"), 0, logical)));
    this.stores =
        new Once<>(() -> opened(PostgresServer.start(folder.resolve("stores"), 0, Map.of())));
    this.kafka = new Once<>(() -> opened(KafkaServer.start(folder.resolve("kafka"), 0)));
    Runtime.getRuntime().addShutdownHook(new Thread(this::close, "close-servers"));
  }

  /** A PostgreSQL server with wal_level=logical. */
  public static PostgresServer legacy() {
    return RUN.legacy.get();
  }

  /** A PostgreSQL server for stores and the control database. */
  public static PostgresServer stores() {
    return RUN.stores.get();
  }

  public static KafkaServer kafka() {
    return RUN.kafka.get();
  }

  /** Creates a database with a name of its own. */
  public static String freshDatabase(PostgresServer server, String prefix) {
    String name = freshName(prefix);
    server.createDatabase(name);
    return name;
  }

  /** A name that no other call of this run gets: prefix_number. */
  public static String freshName(String prefix) {
    return prefix + "_" + RUN.names.incrementAndGet();
  }

  /** A new empty folder that is deleted with the run. */
  public static Path freshFolder(String prefix) {
    try {
      return Files.createDirectories(RUN.folder.resolve(freshName(prefix)));
    } catch (IOException e) {
      throw new LabException("could not make a folder: " + e.getMessage(), e);
    }
  }

  private <T extends AutoCloseable> T opened(T server) {
    synchronized (started) {
      started.push(server);
    }
    return server;
  }

  private void close() {
    synchronized (started) {
      // Killed, not stopped: nobody reads the data again, and a test run should end quickly.
      while (!started.isEmpty()) {
        AutoCloseable server = started.pop();
        try {
          if (server instanceof PostgresServer postgres) {
            postgres.kill();
          } else if (server instanceof KafkaServer broker) {
            broker.kill();
          } else {
            server.close();
          }
        } catch (Exception e) {
          System.err.println("lab: " + e.getMessage());
        }
      }
    }
    try {
      PostgresBinaries.delete(folder);
    } catch (IOException e) {
      System.err.println("lab: could not delete " + folder + ": " + e.getMessage());
    }
  }

  /** A value that is made when first asked for; a failure is tried again. */
  private static final class Once<T> {
    private final Supplier<T> maker;
    private T value;

    Once(Supplier<T> maker) {
      this.maker = maker;
    }

    synchronized T get() {
      if (value == null) {
        value = maker.get();
      }
      return value;
    }
  }
}
