package dev.crossfade.capture;

import dev.crossfade.control.Lease;
import dev.crossfade.publish.Publisher;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.source.postgresql.SlotStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * Looks after a generation from outside of the engine, which can hang without a word: the lease,
 * failed sends, the slot, and above all whether markers still come back. On capture's thread; what
 * it throws ends the generation.
 */
final class Watch {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration SLOT_LOOK = Duration.ofSeconds(2);
  private static final Duration ROUND_TRIP = Duration.ofSeconds(12);
  private static final Duration START = Duration.ofSeconds(30);

  private final PostgresSource source;
  private final Lease lease;
  private final Publisher publisher;
  private final StatusBoard board;
  private volatile long lastMarker = System.nanoTime();

  Watch(PostgresSource source, Lease lease, Publisher publisher, StatusBoard board) {
    this.source = source;
    this.lease = lease;
    this.publisher = publisher;
    this.board = board;
  }

  void markerCameBack() {
    lastMarker = System.nanoTime();
  }

  /** Returns when capture is to stop; throws when the generation must end. */
  @SuppressWarnings("try") // the heartbeat works by being open
  void until(Engine engine, CountDownLatch stop) throws SQLException, InterruptedException {
    long started = System.nanoTime();
    while (!engine.polling()) {
      engine.awaitEnd(LOOK);
      if (stop.getCount() == 0) {
        return;
      } else if (System.nanoTime() - started > START.toNanos()) {
        throw new IllegalStateException(
            "the engine has not begun within " + START.toSeconds() + " s");
      }
    }
    lastMarker = System.nanoTime();
    long lookedAt = 0;
    try (var heartbeat = new Heartbeat(source);
        Connection connection = source.openForMarkers()) {
      while (stop.getCount() > 0) {
        engine.awaitEnd(LOOK);
        if (!lease.held()) {
          throw new IllegalStateException("the lease of source " + source.name() + " was lost");
        }
        if (publisher.failure().isPresent()) {
          throw new IllegalStateException(
              "a record could not be sent to Kafka: " + publisher.failure().get().getMessage());
        }
        if (System.nanoTime() - lastMarker > ROUND_TRIP.toNanos()) {
          throw new IllegalStateException(
              "no marker has come back from the source's log for "
                  + ROUND_TRIP.toSeconds()
                  + " s, so the stream is dead or stuck");
        }
        if (System.nanoTime() - lookedAt > SLOT_LOOK.toNanos()) {
          look(source.watch(connection));
          lookedAt = System.nanoTime();
        }
      }
    }
  }

  private void look(Optional<SlotStatus.Slot> slot) {
    if (slot.isEmpty()) {
      throw new Gap("the slot " + source.settings().slot() + " is gone from the source");
    } else if (slot.get().walStatus().equals("lost")) {
      throw new Gap(
          "the source has removed log that the slot "
              + source.settings().slot()
              + " still needed (wal_status lost)");
    }
    board.retained(slot.get().retainedBytes());
  }
}
