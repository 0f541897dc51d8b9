package dev.crossfade.apply;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a store that is busy from one that does not answer any more. A derivation may take minutes,
 * so no time limit can tell; instead, when a transaction takes long, the server is asked on another
 * connection whether it still works on it. If it does not, or does not answer either, the
 * connection is ended, and the thread that waits on it tries again. Has its own thread; {@link
 * #busy} and {@link #idle} are called by the session's.
 */
final class StoreWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWatch.class);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration LONG = Duration.ofSeconds(4);
  private static final Duration ANSWER = Duration.ofSeconds(4);

  /** Between two statements of a transaction little is done, however large it is. */
  private static final int IDLE_SECONDS = 15;

  private final String domain;
  private final DataSource store;
  private final Connection watched;
  private final int pid;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile Optional<Long> busySince = Optional.of(System.nanoTime());

  StoreWatch(String domain, DataSource store, Connection watched) throws SQLException {
    this.domain = domain;
    this.store = store;
    this.watched = watched;
    this.pid = watched.unwrap(PGConnection.class).getBackendPID();
    var thread = new Thread(this::run, "store-watch-" + domain);
    thread.setDaemon(true);
    thread.start();
  }

  /** The session's thread asks the store for something. */
  void busy() {
    busySince = Optional.of(System.nanoTime());
  }

  /** The store has answered. */
  void idle() {
    busySince = Optional.empty();
  }

  private void run() {
    try {
      while (!stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
        Optional<Long> since = busySince;
        if (since.isEmpty() || System.nanoTime() - since.get() < LONG.toNanos()) {
          continue;
        }
        Optional<String> dead = dead();
        if (dead.isPresent() && busySince.equals(since)) {
          LOG.warn("domain {}: the store is given up and tried again: {}", domain, dead.get());
          watched.abort(Runnable::run);
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      LOG.debug("domain {}: the connection was closed already", domain, e);
    }
  }

  /** Why the answer will not come; empty if it may. */
  private Optional<String> dead() throws SQLException {
    String sql =
        """
        select state, extract(epoch from clock_timestamp() - state_change)::int from pg_stat_activity where pid = ?
        """;
    try (Connection connection = store.getConnection()) {
      connection.setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setInt(1, pid);
        try (ResultSet row = statement.executeQuery()) {
          if (!row.next()) {
            return Optional.of("it has no such connection any more");
          }
          boolean works = "active".equals(row.getString(1));
          return works || row.getInt(2) < IDLE_SECONDS
              ? Optional.empty()
              : Optional.of("it has answered, and the answer has not come");
        }
      }
    } catch (SQLException e) {
      return allTaken()
          ? Optional.empty()
          : Optional.of("it does not answer (" + e.getMessage() + ")");
    }
  }

  /** Whether there was no connection to ask on, which says nothing of the server. */
  private boolean allTaken() throws SQLException {
    if (!store.isWrapperFor(HikariDataSource.class)) {
      return false;
    }
    HikariDataSource pool = store.unwrap(HikariDataSource.class);
    return pool.getHikariPoolMXBean().getActiveConnections() >= pool.getMaximumPoolSize();
  }

  @Override
  public void close() {
    stop.countDown();
  }
}
