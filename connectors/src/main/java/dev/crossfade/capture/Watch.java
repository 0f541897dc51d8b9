package dev.crossfade.capture;

import dev.crossfade.capture.log.Engine;
import dev.crossfade.control.Lease;
import dev.crossfade.publish.Publisher;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.source.postgresql.SlotStatus;
import dev.crossfade.source.postgresql.Walsender;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/**
 * Looks after a generation from outside of the engine, which can hang without a word: the lease,
 * failed sends, the slot, and above all whether anything still comes out of the log: markers go in
 * all the time. On capture's thread; what it throws ends the generation.
 */
final class Watch {
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration SLOT_LOOK = Duration.ofSeconds(2);
  private static final Duration START = Duration.ofSeconds(30);

  /** How long nothing may come of what the server says it has sent. */
  private static final Duration SENT = Duration.ofSeconds(6);

  /**
   * Nothing comes, and the server does not say that it has sent anything: it may be busy reading
   * its log, or with a transaction that is very long.
   */
  static final class Stuck extends RuntimeException {
    private Stuck(String message) {
      super(message);
    }
  }

  private final PostgresSource source;
  private final Lease lease;
  private final Publisher publisher;
  private final Routes routes;
  private final Duration patience;
  private final BooleanSupplier loadWanted;
  private final Runnable topics;
  private volatile long lastBatch = System.nanoTime();

  /** The last look at the server, and whether a marker was in its log that had not come by then. */
  private Optional<Walsender> seen = Optional.empty();

  private boolean due;
  private long seenBatch;

  /**
   * @param patience how long nothing may come out of the log
   * @param loadWanted whether somebody has asked for a new load
   * @param topics looks at the topics without waiting, and throws if one is not what it was
   */
  Watch(
      PostgresSource source,
      Lease lease,
      Publisher publisher,
      Routes routes,
      Duration patience,
      BooleanSupplier loadWanted,
      Runnable topics) {
    this.patience = patience;
    this.loadWanted = loadWanted;
    this.topics = topics;
    this.source = source;
    this.lease = lease;
    this.publisher = publisher;
    this.routes = routes;
  }

  /** Something came out of the log; on the engine's thread. */
  void progress() {
    lastBatch = System.nanoTime();
  }

  /** Of what ends an engine, a gap is for capture to know as one. */
  private static void look(Engine engine) throws InterruptedException {
    try {
      engine.awaitEnd(LOOK);
    } catch (IllegalStateException e) {
      for (Throwable at = e; at != null; at = at.getCause()) {
        if (at instanceof Gap gap) {
          throw new Gap(gap.getMessage(), gap.inLog());
        }
      }
      throw e;
    }
  }

  /** Returns when capture is to stop; throws when the generation must end. */
  @SuppressWarnings("try") // the heartbeat works by being open
  void until(Engine engine, CountDownLatch stop) throws SQLException, InterruptedException {
    long started = System.nanoTime();
    while (!engine.polling()) {
      look(engine);
      if (stop.getCount() == 0) {
        return;
      } else if (System.nanoTime() - started > START.toNanos()) {
        throw new IllegalStateException(
            "the engine has not begun within " + START.toSeconds() + " s");
      }
    }
    lastBatch = System.nanoTime();
    long lookedAt = 0;
    try (var heartbeat = new Heartbeat(source);
        Connection connection = source.openForMarkers()) {
      while (stop.getCount() > 0) {
        look(engine);
        if (!lease.held()) {
          throw new IllegalStateException("the lease of source " + source.name() + " was lost");
        }
        if (publisher.failure().isPresent()) {
          throw new IllegalStateException(
              "a record could not be sent to Kafka: " + publisher.failure().get().getMessage());
        }
        if (System.nanoTime() - lastBatch > patience.toNanos()) {
          engine.stuck();
          throw new Stuck(
              "nothing has come out of the source's log for "
                  + patience.toSeconds()
                  + " s, so the stream is dead or stuck");
        }
        if (System.nanoTime() - lookedAt > SLOT_LOOK.toNanos()) {
          look(source.slot(connection));
          topics.run();
          if (swallowed(source.walsender(connection), heartbeat.writtenAt())
              && System.nanoTime() - lastBatch > SENT.toNanos()) {
            engine.stuck();
            throw new IllegalStateException(
                "what the source sends has not come out of the stream for "
                    + SENT.toSeconds()
                    + " s, so the stream is dead or the engine hangs");
          }
          if (!source.published(connection).containsAll(routes.tables())) {
            throw new IllegalStateException(
                "the publication " + source.settings().slot() + " no longer holds every table");
          }
          if (loadWanted.getAsBoolean()) {
            throw new IllegalStateException("a new load of source " + source.name() + " is wanted");
          }
          lookedAt = System.nanoTime();
        }
      }
    }
  }

  private void look(Optional<SlotStatus.Slot> slot) {
    Optional<String> gap = GapGuard.slot(source.settings().slot(), slot);
    if (gap.isPresent()) {
      throw new Gap(gap.get());
    }
  }

  /**
   * Whether a marker was written before the last look, the server has sent everything up to that
   * look, or waits for us to take it, or no longer streams at all, and still nothing has come.
   */
  private boolean swallowed(Optional<Walsender> now, Optional<Long> markerWritten) {
    long batch = lastBatch;
    boolean gone =
        seen.isPresent()
            && now.map(w -> w.blocked() || w.sent().compareTo(seen.get().current()) >= 0)
                .orElse(true);
    boolean swallowed = gone && due && seenBatch == batch;
    if (now.isPresent()) {
      seen = now; // without a connection the last one counts; before the first there is none yet
    }
    due = markerWritten.map(written -> written - batch > 0).orElse(false);
    seenBatch = batch;
    return swallowed;
  }
}
