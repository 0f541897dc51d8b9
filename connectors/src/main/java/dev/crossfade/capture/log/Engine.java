package dev.crossfade.capture.log;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.Offsets;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.debezium.engine.spi.OffsetCommitPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running Debezium engine on a thread of its own, that can be stopped with a deadline. */
public final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
  private static final Duration STOP = Duration.ofSeconds(5);
  private static final Duration STOP_STUCK = Duration.ofSeconds(1);

  /** How an engine is opened. */
  @FunctionalInterface
  public interface Opener {
    /** Opens one that runs. */
    Engine open(Properties settings, LogConsumer consumer);
  }

  private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final AtomicBoolean polling = new AtomicBoolean();
  private volatile Duration patience = STOP;

  /**
   * Starts an engine.
   *
   * @param settings {@link EngineSettings}
   */
  public Engine(Properties settings, LogConsumer consumer) {
    this.engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(settings)
            .using(OffsetCommitPolicy.always())
            .using(
                new DebeziumEngine.ConnectorCallback() {
                  @Override
                  public void pollingStarted() {
                    polling.set(true);
                  }
                })
            .using(
                (success, message, error) -> {
                  if (success) {
                    ended.complete(null);
                  } else {
                    ended.completeExceptionally(
                        error == null ? new IllegalStateException(message) : error);
                  }
                })
            .notifying(unpacked(consumer))
            .build();
    var thread =
        new Thread(
            () -> {
              try {
                engine.run();
                ended.complete(null);
              } catch (RuntimeException e) {
                ended.completeExceptionally(e);
              }
            },
            "engine");
    thread.setDaemon(true);
    thread.start();
  }

  private static ChangeConsumer<RecordChangeEvent<SourceRecord>> unpacked(LogConsumer consumer) {
    return (deliveries, committer) -> {
      for (RecordChangeEvent<SourceRecord> delivery : deliveries) {
        consumer.take(
            ((Delivery) delivery.record()).events(),
            end -> {
              Offsets offsets = committer.buildOffsets();
              Delivery.offset(end).forEach(offsets::set);
              committer.markProcessed(delivery, offsets);
              committer.markBatchFinished();
            });
      }
    };
  }

  /** Whether it asks for what the log says. */
  public boolean polling() {
    return polling.get();
  }

  /** Waits so long for the engine to end by itself; if it does, says why by an exception. */
  public void awaitEnd(Duration limit) throws InterruptedException {
    try {
      ended.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      throw new IllegalStateException("the engine ended without a reason");
    } catch (TimeoutException e) {
      // it runs
    } catch (ExecutionException e) {
      throw new IllegalStateException("the stream ended: " + reason(e), e.getCause());
    }
  }

  /** What went wrong first: the engine wraps it, and the last cause may say nothing. */
  private static String reason(Throwable error) {
    String reason = error.getClass().getSimpleName();
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (at.getMessage() != null) {
        reason = at.getMessage().lines().findFirst().orElse(reason);
      }
    }
    return reason;
  }

  /** Says that the engine does nothing any more, so that {@link #close} does not wait for long. */
  public void stuck() {
    patience = STOP_STUCK;
  }

  /**
   * Stops the engine, or leaves it behind after the deadline: whoever comes next ends its backend.
   */
  @Override
  public void close() {
    Duration limit = patience;
    long deadline = System.nanoTime() + limit.toNanos();
    var stopper = new Thread(() -> stop(deadline), "engine-stop");
    stopper.setDaemon(true);
    stopper.start();
    try {
      ended.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.warn("the engine has not stopped within {} s and is left behind", limit.toSeconds());
    } catch (ExecutionException e) {
      LOG.debug("the engine had ended: {}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stop(long deadline) {
    while (!ended.isDone() && System.nanoTime() < deadline) {
      try {
        engine.close();
        return;
      } catch (IllegalStateException e) {
        LockSupport.parkNanos(50_000_000); // it refuses to stop while its tasks start
      } catch (IOException e) {
        LOG.warn("the engine could not be stopped: {}", e.getMessage());
        return;
      }
    }
  }
}
