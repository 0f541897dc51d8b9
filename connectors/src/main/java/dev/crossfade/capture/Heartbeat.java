package dev.crossfade.capture;

import dev.crossfade.event.Marker;
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
 * Writes a heartbeat marker each second while a generation streams, so that a quiet source's slot
 * moves and the way from the source to the stores is measured all the time. Has its own thread and
 * connection; a failure is reported and tried again with the next beat.
 */
final class Heartbeat implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);
  private static final Duration BEAT = Duration.ofSeconds(1);

  private final PostgresSource source;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile Optional<Long> writtenAt = Optional.empty();
  private final Thread thread;

  Heartbeat(PostgresSource source) {
    this.source = source;
    this.thread = new Thread(this::run, "heartbeat-" + source.name());
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    Optional<Connection> open = Optional.empty();
    try {
      do {
        try {
          if (open.isEmpty()) {
            open = Optional.of(source.openForMarkers());
          }
          source.writeMarker(open.get(), Marker.Kind.HEARTBEAT);
          writtenAt = Optional.of(System.nanoTime());
        } catch (SQLException e) {
          LOG.warn(
              "source {}: a heartbeat could not be written: {}", source.name(), e.getMessage());
          open.ifPresent(Heartbeat::close);
          open = Optional.empty();
        }
      } while (!stop.await(BEAT.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.ifPresent(Heartbeat::close);
    }
  }

  /** When the last marker was written, in {@link System#nanoTime}. */
  Optional<Long> writtenAt() {
    return writtenAt;
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("a heartbeat's connection was broken already: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    stop.countDown();
  }
}
