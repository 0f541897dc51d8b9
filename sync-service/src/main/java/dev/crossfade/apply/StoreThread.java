package dev.crossfade.apply;

import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works on a domain's store while the thread that applies the domain reads on. One piece of work at
 * a time: whoever hands over the next, or wants to use the store, waits for the one before. For the
 * thread that applies the domain.
 */
final class StoreThread implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreThread.class);

  /** So many changes are worth another thread's time. */
  static final int MUCH = 500;

  private static final long SECOND = 1_000_000_000L;

  /** Work on the store. */
  interface Work {
    void run() throws SQLException;
  }

  private final String domain;
  private final LongSupplier clock;
  private final ExecutorService thread;
  private Optional<Future<?>> work = Optional.empty();
  private int records;
  private long bytes;

  /** How long the last work took; set by the other thread before the work is done. */
  private long took;

  private int aSecond;

  /**
   * @param clock in nanoseconds, from anywhere
   */
  StoreThread(String domain, LongSupplier clock) {
    this.domain = domain;
    this.clock = clock;
    this.thread =
        Executors.newSingleThreadExecutor(
            task -> {
              var made = new Thread(task, "store-" + domain);
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Hands work over and does not wait for its end; {@link #settle} first.
   *
   * @param records how many it makes durable
   * @param bytes about how large they are
   */
  void hand(Work next, int records, long bytes) {
    if (work.isPresent()) {
      throw new IllegalStateException("the store is at work on what came before");
    }
    this.records = records;
    this.bytes = bytes;
    work =
        Optional.of(
            thread.submit(
                () -> {
                  long begun = clock.getAsLong();
                  next.run();
                  took = clock.getAsLong() - begun;
                  return null;
                }));
  }

  /** Whether it is still at work. */
  boolean busy() {
    return work.filter(w -> !w.isDone()).isPresent();
  }

  /** Records that were handed over and are not known to be durable yet. */
  int waiting() {
    return records;
  }

  /** How large those are. */
  long bytes() {
    return bytes;
  }

  /** How many records a second it took of the last work; 0 before the first. */
  int aSecond() {
    return aSecond;
  }

  /** Waits until the work is done, and throws what it threw. */
  void settle() throws SQLException {
    if (work.isEmpty()) {
      return;
    }
    Future<?> last = work.get();
    int handed = records;
    work = Optional.empty();
    records = 0;
    bytes = 0;
    try {
      await(last);
      aSecond = (int) Math.min(Integer.MAX_VALUE, handed * SECOND / Math.max(1, took));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException sql) {
        throw sql;
      } else if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      } else if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Waits for the end of the work, however long it takes: the store's connection is its own. */
  private static void await(Future<?> last) throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          last.get();
          return;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits for the end of the work; if that failed, the domain's next owner does it again. */
  @Override
  public void close() {
    try {
      settle();
    } catch (SQLException | RuntimeException e) {
      LOG.info("domain {}: given up, and its last batch failed: {}", domain, e.toString());
    } finally {
      thread.shutdown();
    }
  }
}
