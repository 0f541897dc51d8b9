package dev.crossfade.lab;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The traffic of a real shop against the legacy, by several clients at once, each a thread with its
 * own connection. A client whose connection breaks connects again and goes on with something else.
 * Safe for any thread.
 */
public final class ShopTraffic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShopTraffic.class);

  /** Opens connections to the legacy's database. */
  public interface Database {
    Connection connect() throws SQLException;
  }

  /**
   * How to run.
   *
   * @param ordersPerSecond of all clients together; other transactions come in proportion, about
   *     six for each order
   * @param beforeCommit a statement that every transaction runs last
   */
  public record Settings(
      double ordersPerSecond, int clients, long seed, Optional<String> beforeCommit) {
    public Settings {
      if (!(ordersPerSecond > 0) || clients < 1) {
        throw new IllegalArgumentException(
            "traffic needs more than 0 orders a second and at least 1 client, found "
                + ordersPerSecond
                + " and "
                + clients);
      }
    }

    public static Settings of(double ordersPerSecond, long seed) {
      int clients = (int) Math.max(3, Math.min(16, 2 + Math.ceil(ordersPerSecond / 15)));
      return new Settings(ordersPerSecond, clients, seed, Optional.empty());
    }
  }

  /**
   * What the clients have done since the start.
   *
   * @param failures operations that ended in an error other than a lost connection
   * @param reconnects connections that were lost
   */
  public record Counts(
      long orders, long items, long failures, long reconnects, Optional<String> lastFailure) {}

  private final Database database;
  private final Settings settings;
  private final AtomicLong orders = new AtomicLong();
  private final AtomicLong items = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong reconnects = new AtomicLong();
  private final AtomicReference<Optional<String>> lastFailure =
      new AtomicReference<>(Optional.empty());
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  private ShopTraffic(Database database, Settings settings) {
    this.database = database;
    this.settings = settings;
  }

  /** Starts the clients on a legacy that {@link ShopSeed} has filled. */
  public static ShopTraffic start(Database database, Settings settings) throws SQLException {
    ShopTraffic traffic = new ShopTraffic(database, settings);
    int run = traffic.nextRun();
    for (int i = 0; i < settings.clients(); i++) {
      int number = i;
      Thread thread = new Thread(() -> traffic.client(number, run), "shop-client-" + i);
      thread.setDaemon(true);
      traffic.threads.add(thread);
    }
    traffic.threads.forEach(Thread::start);
    return traffic;
  }

  /** Places a number of orders with all that belongs to them, in the caller's thread. */
  public static Counts run(Database database, long seed, int orders) throws SQLException {
    ShopTraffic traffic = new ShopTraffic(database, new Settings(1, 1, seed, Optional.empty()));
    int run = traffic.nextRun();
    try (Connection connection = traffic.open()) {
      ShopClient client = ShopClient.of(connection, 0, 1, traffic.random(0, run), Optional.empty());
      for (int i = 0; i < orders; i++) {
        traffic.items.addAndGet(client.place(connection));
        traffic.orders.incrementAndGet();
        client.bustle(connection);
      }
    }
    return traffic.counts();
  }

  public Counts counts() {
    return new Counts(
        orders.get(), items.get(), failures.get(), reconnects.get(), lastFailure.get());
  }

  /** Stops the clients after their transaction; returns when the last has ended. */
  public Counts stop() {
    stop.countDown();
    Deadline deadline = Deadline.in(Duration.ofSeconds(30));
    for (Thread thread : threads) {
      if (!deadline.await(() -> !thread.isAlive())) {
        throw new LabException(thread.getName() + " did not stop within 30 s");
      }
    }
    return counts();
  }

  @Override
  public void close() {
    stop();
  }

  private void client(int number, int run) {
    Random random = random(number, run);
    long interval = (long) (1e9 * settings.clients() / settings.ordersPerSecond());
    long next = System.nanoTime() + interval * number / settings.clients();
    while (!stopped(0)) {
      try (Connection connection = open()) {
        ShopClient client =
            ShopClient.of(connection, number, settings.clients(), random, settings.beforeCommit());
        while (!stopped(next - System.nanoTime())) {
          next = Math.max(next + interval, System.nanoTime() - 1_000_000_000L);
          once(client, connection);
        }
      } catch (SQLException e) {
        reconnects.incrementAndGet();
        LOG.debug("client {} lost its connection: {}", number, e.getMessage());
        stopped(TimeUnit.MILLISECONDS.toNanos(200));
      }
    }
  }

  private void once(ShopClient client, Connection connection) throws SQLException {
    try {
      items.addAndGet(client.place(connection));
      orders.incrementAndGet();
      client.bustle(connection);
    } catch (SQLException e) {
      String state = String.valueOf(e.getSQLState());
      if (state.startsWith("08") || state.startsWith("57P") || connection.isClosed()) {
        throw e;
      }
      failures.incrementAndGet();
      lastFailure.set(Optional.of(state + ": " + e.getMessage()));
      LOG.warn("a shop client's transaction failed", e);
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

  private Connection open() throws SQLException {
    Connection connection = database.connect();
    connection.setAutoCommit(false);
    return connection;
  }

  private Random random(int client, int run) {
    return new Random(settings.seed() * 1_000_003 + run * 1_009L + client);
  }

  /** Numbers the runs on one database: a second run with the same seed must not repeat its ids. */
  private int nextRun() throws SQLException {
    try (Connection connection = database.connect();
        PreparedStatement insert =
            connection.prepareStatement(
                "insert into lab_runs select coalesce(max(run), 0) + 1, ? from lab_runs"
                    + " returning run")) {
      insert.setLong(1, settings.seed());
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }
}
