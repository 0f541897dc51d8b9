package dev.crossfade.capture;

import dev.crossfade.source.postgresql.PostgresSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the board how much log the source keeps for the slot, whoever captures and above all while
 * nobody does: that is when the source's disk fills. Has its own thread and connection.
 */
final class WalGauge implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WalGauge.class);
  private static final Duration LOOK = Duration.ofSeconds(3);

  private final PostgresSource source;
  private final StatusBoard board;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  WalGauge(PostgresSource source, StatusBoard board) {
    this.source = source;
    this.board = board;
    this.thread = new Thread(this::run, "retained-wal-" + source.name());
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      do {
        try (Connection connection = source.openForMarkers()) {
          do {
            board.retained(source.retained(connection));
          } while (!stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS));
        } catch (SQLException e) {
          LOG.debug("source {}: how much log it keeps is unknown", source.name(), e);
          board.retained(Optional.empty());
        }
      } while (!stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop.countDown();
  }
}
