package dev.crossfade.apply;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A domain's second connection to its store, which a backlog uses: opened when it is asked for, and
 * given back when it has not been for a while. Without it all goes on, one batch after another. For
 * the thread that applies the domain.
 */
final class SecondConnection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SecondConnection.class);
  private static final Duration UNUSED = Duration.ofSeconds(10);
  private static final Duration AGAIN = Duration.ofMinutes(1);

  private final String domain;
  private final DataSource store;
  private final boolean allowed;
  private Optional<StoreConnection> connection = Optional.empty();
  private long usedAt;
  private long openAt = System.nanoTime();

  SecondConnection(String domain, DataSource store, boolean allowed) {
    this.domain = domain;
    this.store = store;
    this.allowed = allowed;
  }

  /** Empty if there is none to be had. */
  Optional<StoreConnection> opened() {
    usedAt = System.nanoTime();
    if (connection.isEmpty() && allowed && usedAt - openAt >= 0) {
      try {
        connection = Optional.of(new StoreConnection(domain, store));
      } catch (SQLException e) {
        openAt = usedAt + AGAIN.toNanos();
        LOG.info("domain {}: goes on with one connection: {}", domain, e.getMessage());
      }
    }
    return connection;
  }

  /** Gives it back if it is at rest for long; called while nothing is at work. */
  void restAfterUse() {
    if (connection.isPresent() && System.nanoTime() - usedAt >= UNUSED.toNanos()) {
      close();
    }
  }

  @Override
  public void close() {
    connection.ifPresent(StoreConnection::close);
    connection = Optional.empty();
  }
}
