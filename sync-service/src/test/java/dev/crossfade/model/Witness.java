package dev.crossfade.model;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads a store, snapshot after snapshot, while it is written. The ledger in it says which state of
 * the legacy it is, and the fingerprint of everything that the store must have in that state.
 */
final class Witness implements AutoCloseable {
  private static final long BETWEEN = Duration.ofMillis(3).toNanos();

  private final World world;
  private final String domain;
  private final boolean compares;
  private final List<String> offences = new CopyOnWriteArrayList<>();
  private final Thread thread;
  private volatile boolean stop;
  private volatile long states;

  /**
   * @param compares whether the whole store must be that state; else only its order counts
   */
  Witness(World world, String domain, boolean compares) {
    this.world = world;
    this.domain = domain;
    this.compares = compares;
    this.thread = new Thread(this::run, "witness-" + domain);
    thread.start();
  }

  String domain() {
    return domain;
  }

  List<String> offences() {
    return offences;
  }

  /** How many different states were seen. */
  long states() {
    return states;
  }

  private void run() {
    long last = -1;
    while (!stop) {
      // One statement is one snapshot. Prepared, it is planned once, which takes longer than it.
      try (Connection connection = world.store(domain);
          PreparedStatement look =
              connection.prepareStatement("select n, mark, found, deriving from snapshot")) {
        while (!stop) {
          last = look(look, last);
          LockSupport.parkNanos(BETWEEN);
        }
      } catch (SQLException e) {
        LockSupport.parkNanos(10 * BETWEEN); // its connection was ended; the store comes back
      }
    }
  }

  private long look(PreparedStatement look, long last) throws SQLException {
    try (ResultSet seen = look.executeQuery()) {
      seen.next();
      long n = seen.getLong(1);
      String mark = seen.getString(2);
      String found = seen.getString(3);
      if (n < last) {
        offences.add("%s went back from state %d to %d".formatted(domain, last, n));
      }
      if (compares && !seen.getBoolean(4) && !found.equals(mark)) {
        offences.add(
            "%s is in no state of the legacy: %d is %s, found %s"
                .formatted(domain, n, mark, found));
      }
      states += n == last ? 0 : 1;
      return n;
    }
  }

  @Override
  public void close() {
    stop = true;
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
