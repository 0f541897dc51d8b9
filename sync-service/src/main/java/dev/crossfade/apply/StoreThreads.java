package dev.crossfade.apply;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Works on a domain's store while the thread that applies the domain reads on. Two pieces of work
 * at most: the second does ahead what it can, and the rest when the first is done. Whoever hands
 * over a third waits for the first, and whoever wants to use the store for both. For the thread
 * that applies the domain.
 */
final class StoreThreads implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreThreads.class);

  /** So many changes are worth another thread's time. */
  static final int MUCH = 500;

  private static final int AT_ONCE = 2;
  private static final long SECOND = 1_000_000_000L;

  /**
   * So long a transaction is left open for the work before it. The server ends one that waits for
   * twice as long, as it does not know that anybody is there.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** Work on the store. */
  interface Work {
    /**
     * Does what need not wait for the end of the work before, which may be at work. Not called if
     * work takes longer than that could be left to wait.
     */
    void ahead() throws SQLException;

    /** Takes that back, as the work before takes long. */
    void takeBack() throws SQLException;

    /** Does all the rest. */
    void run() throws SQLException;

    /**
     * Whether it is a batch with all that there is to do, so that the next one may take as long.
     */
    boolean batch();
  }

  /**
   * @param end how long it took, in nanoseconds, without the time that it waited
   */
  private record Piece(Future<Long> end, boolean batch, int records, long bytes) {}

  private final String domain;
  private final LongSupplier clock;
  private final Duration patience;
  private final ExecutorService threads;

  /** What was handed over and not asked for its end yet, in its order. */
  private final Deque<Piece> pieces = new ArrayDeque<>();

  /** How many records those are, and how large: asked for with every record that is read. */
  private int waiting;

  private long bytes;
  private int aSecond;

  /** What the last work took, in nanoseconds; by the store's threads. */
  private volatile long took;

  StoreThreads(String domain, LongSupplier clock) {
    this(domain, clock, PATIENCE);
  }

  /**
   * @param clock in nanoseconds, from anywhere
   * @param patience how long what was done ahead is left to wait
   */
  StoreThreads(String domain, LongSupplier clock, Duration patience) {
    this.domain = domain;
    this.clock = clock;
    this.patience = patience;
    this.threads =
        Executors.newFixedThreadPool(
            AT_ONCE,
            task -> {
              var made = new Thread(task, "store-" + domain);
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Hands work over, and does not wait for its end, nor for that of the one before it.
   *
   * @param records how many it makes durable
   * @param bytes about how large they are
   * @throws SQLException of work before it that has failed
   */
  void hand(Work next, int records, long bytes) throws SQLException {
    while (pieces.size() == AT_ONCE || !pieces.isEmpty() && pieces.peek().end().isDone()) {
      settleFirst();
    }
    Optional<Future<Long>> before = Optional.ofNullable(pieces.peekLast()).map(Piece::end);
    pieces.add(new Piece(threads.submit(() -> work(next, before)), next.batch(), records, bytes));
    waiting += records;
    this.bytes += bytes;
  }

  private long work(Work work, Optional<Future<Long>> before) throws SQLException {
    long begun = clock.getAsLong();
    if (before.isPresent()) {
      boolean soon = soon();
      if (soon) {
        work.ahead();
      }
      long waits = clock.getAsLong();
      try {
        if (soon && !ends(before.get())) {
          work.takeBack();
        }
        await(before.get());
      } catch (ExecutionException e) {
        throw new CancellationException("what came before has failed");
      }
      begun += clock.getAsLong() - waits;
    }
    work.run();
    took = clock.getAsLong() - begun;
    return took;
  }

  /** Whether the work before ends within the time that may be waited. */
  private boolean ends(Future<Long> before) throws ExecutionException {
    try {
      before.get(patience.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      throw new CancellationException("interrupted");
    }
  }

  /** Whether the last work took so little that what comes next may be begun beside the next. */
  boolean soon() {
    return took < patience.toNanos();
  }

  /** Whether it is still at work. */
  boolean busy() {
    return pieces.stream().anyMatch(piece -> !piece.end().isDone());
  }

  /** Records that were handed over and are not known to be durable yet. */
  int waiting() {
    return waiting;
  }

  /** How large those are. */
  long bytes() {
    return bytes;
  }

  /** How many records a second it took of the last batch; 0 before the first. */
  int aSecond() {
    return aSecond;
  }

  /** Waits until all work is done, and throws what the first of it threw that failed. */
  void settle() throws SQLException {
    while (!pieces.isEmpty()) {
      settleFirst();
    }
  }

  /** The same of what was handed over first, if there is anything. */
  void settleFirst() throws SQLException {
    Piece first = pieces.poll();
    if (first == null) {
      return;
    }
    waiting -= first.records();
    bytes -= first.bytes();
    try {
      long time = await(first.end());
      if (first.batch()) {
        aSecond = (int) Math.min(Integer.MAX_VALUE, first.records() * SECOND / Math.max(1, time));
      }
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
  private static long await(Future<Long> work) throws ExecutionException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return work.get();
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
    threads.shutdown();
    while (!pieces.isEmpty()) {
      try {
        settleFirst();
      } catch (CancellationException e) {
        // what came before it has been told of
      } catch (SQLException | RuntimeException e) {
        LOG.info("domain {}: given up, and its last batch failed: {}", domain, e.toString());
      }
    }
  }
}
