package dev.crossfade.lab.bench;

import dev.crossfade.lab.Deadline;
import dev.crossfade.lab.LabException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Clients that place orders at a rate, each with a connection of its own: for each order one
 * transaction that places it and one in which an earlier order moves on. Their commits are durable.
 * Safe for any thread.
 */
final class Traffic implements AutoCloseable {
  private static final long MOST_BEHIND = 1_000_000_000;

  /** What was committed since the start. */
  record Counts(long orders, long changes) {}

  private final AtomicLong orders = new AtomicLong();
  private final AtomicLong changes = new AtomicLong();
  private final AtomicReference<Optional<SQLException>> failure =
      new AtomicReference<>(Optional.empty());
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  private Traffic() {}

  /**
   * Starts the clients.
   *
   * @param rate orders a second of all clients together
   */
  static Traffic start(Workload workload, int rate) {
    Traffic traffic = new Traffic();
    int clients = Math.max(2, Math.min(12, rate / 100));
    long interval = 1_000_000_000L * clients / rate;
    long begin = System.nanoTime();
    for (int i = 0; i < clients; i++) {
      long seed = workload.nextSeed();
      long first = begin + interval * i / clients;
      Thread thread =
          new Thread(() -> traffic.client(workload, seed, first, interval), "bench-client-" + i);
      thread.setDaemon(true);
      traffic.threads.add(thread);
    }
    traffic.threads.forEach(Thread::start);
    return traffic;
  }

  Counts counts() {
    return new Counts(orders.get(), changes.get());
  }

  /** Returns after that time; fails as soon as a client has failed. */
  void lasts(Duration time) {
    Deadline.in(time).await(() -> failure.get().isPresent());
    failed();
  }

  private void failed() {
    failure
        .get()
        .ifPresent(
            e -> {
              throw new LabException("a client of the legacy failed: " + e.getMessage(), e);
            });
  }

  @Override
  public void close() {
    stop();
  }

  /** Stops the clients after their transaction; returns when the last has ended. */
  void stop() {
    stop.countDown();
    Deadline deadline = Deadline.in(Duration.ofSeconds(30));
    for (Thread thread : threads) {
      if (!deadline.await(() -> !thread.isAlive())) {
        throw new LabException(thread.getName() + " did not stop within 30 s");
      }
    }
    failed();
  }

  private void client(Workload workload, long seed, long first, long interval) {
    try (Connection connection = workload.connect();
        PreparedStatement place = connection.prepareStatement("select bench_place(?, ?, true)");
        PreparedStatement follow = connection.prepareStatement("select bench_follow(?, ?)")) {
      Workload.seed(connection, seed);
      long next = first;
      for (long n = 1; !stopped(next - System.nanoTime()); n++) {
        changes.addAndGet(call(place, seed, n));
        orders.incrementAndGet();
        changes.addAndGet(call(follow, seed, n));
        next = Math.max(next + interval, System.nanoTime() - MOST_BEHIND);
      }
    } catch (SQLException e) {
      failure.set(Optional.of(e));
    }
  }

  private static int call(PreparedStatement function, long seed, long n) throws SQLException {
    function.setLong(1, seed);
    function.setLong(2, n);
    try (ResultSet row = function.executeQuery()) {
      row.next();
      return row.getInt(1);
    }
  }

  /** Waits that long at most for the stop. */
  private boolean stopped(long nanos) {
    try {
      return stop.await(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
