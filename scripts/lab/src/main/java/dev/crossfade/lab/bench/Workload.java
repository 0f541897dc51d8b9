package dev.crossfade.lab.bench;

import dev.crossfade.lab.DemoStack;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.ShopFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** The legacy shop under a seeded load: what its clients write is in workload.sql. */
final class Workload {
  private static final int SESSIONS = 2;

  private final PostgresServer legacy;
  private final Job job;
  private long seed;
  private Optional<String> gate = Optional.empty(); // what the next fence takes away

  /**
   * @param job what the pipelines are to do
   * @param seed repeats the orders of an earlier run
   */
  Workload(PostgresServer legacy, Job job, long seed) {
    this.legacy = legacy;
    this.job = job;
    this.seed = seed * 1_000_000;
  }

  void install(ShopFiles shop) {
    legacy.createDatabase(DemoStack.SHOP);
    legacy.execute(DemoStack.SHOP, shop.legacy());
    legacy.execute(DemoStack.SHOP, resource());
    // The tables grow from empty inside one session: a plan that was made for an empty one must
    // not read the full one from end to end.
    legacy.execute(
        "postgres", "alter database \"" + DemoStack.SHOP + "\" set enable_seqscan = off");
    shape(Shape.USUAL);
  }

  /** What all sessions from now on write. */
  void shape(Shape shape) {
    String set = "alter database \"" + DemoStack.SHOP + "\" set ";
    legacy.execute("postgres", set + "bench.follows = " + shape.follows());
    legacy.execute("postgres", set + "bench.deletes = " + shape.deletes());
    legacy.execute("postgres", set + "bench.width = " + shape.width());
  }

  private static String resource() {
    try (InputStream in = Workload.class.getResourceAsStream("workload.sql")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new LabException("could not read workload.sql: " + e.getMessage(), e);
    }
  }

  Connection connect() throws SQLException {
    return legacy.connect(DemoStack.SHOP);
  }

  /** A seed that no other session of this run has. */
  long nextSeed() {
    return ++seed;
  }

  /** Takes all orders away, for pipelines that begin anew. */
  void clear() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("truncate sales_orders, sales_items, bench_placed");
      gate = Optional.empty();
      statement.execute("vacuum analyze");
    }
  }

  /**
   * Writes transactions until at least so many rows are changed in captured tables, in two sessions
   * whose transactions mix in the log. Their commits need not be durable before the next one; the
   * fence behind them is.
   *
   * @return how many rows were changed
   */
  long backlog(long changes) throws SQLException {
    List<CompletableFuture<Long>> sessions = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      long own = nextSeed();
      sessions.add(CompletableFuture.supplyAsync(() -> session(own, changes / SESSIONS)));
    }
    long written = 0;
    for (CompletableFuture<Long> session : sessions) {
      try {
        written += session.join();
      } catch (CompletionException e) {
        throw new LabException("could not write a backlog: " + e.getCause().getMessage(), e);
      }
    }
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("vacuum analyze sales_orders, sales_items");
    }
    return written;
  }

  private long session(long own, long changes) {
    try (Connection connection = connect();
        Statement settings = connection.createStatement();
        CallableStatement call = connection.prepareCall("call bench_backlog(?, ?, ?)")) {
      settings.execute("set synchronous_commit = off");
      seed(connection, own);
      call.setLong(1, own);
      call.setLong(2, changes);
      call.setLong(3, 0);
      call.registerOutParameter(3, Types.BIGINT);
      call.execute();
      return call.getLong(3);
    } catch (SQLException e) {
      throw new LabException(e.getMessage(), e);
    }
  }

  /** Seeds random() in a session. */
  static void seed(Connection connection, long seed) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("select setseed(?)")) {
      statement.setDouble(1, (seed % 1_000_003) / 1_000_003.0);
      statement.execute();
    }
  }

  /** Writes a fence behind all that is committed; it is a few changes, which nobody counts. */
  Fence fence() throws SQLException {
    String id = UUID.randomUUID().toString();
    String next = UUID.randomUUID().toString();
    Optional<String> gone = gate;
    try (Connection connection = connect();
        PreparedStatement emit =
            connection.prepareStatement("select bench_fence(?::uuid, ?::uuid, ?::uuid, ?)")) {
      emit.setString(1, id);
      emit.setString(2, next);
      emit.setString(3, gone.orElse(null));
      emit.setString(
          4, "{\"id\":\"%s\",\"kind\":\"fence\",\"ts\":\"%s\"}".formatted(id, Instant.now()));
      try (ResultSet row = emit.executeQuery()) {
        row.next();
        gate = Optional.of(next);
        return new Fence(id, gone, row.getLong(1));
      }
    }
  }

  /** Writes orders with their items, about so many rows in all, in a few large transactions. */
  void fill(long rows) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        PreparedStatement place =
            connection.prepareStatement(
                "select sum(bench_place(?, n, false)) from generate_series(1, ?) n")) {
      statement.execute("set synchronous_commit = off");
      for (long left = rows; left > 0; ) {
        long own = nextSeed();
        seed(connection, own);
        place.setLong(1, own);
        place.setLong(2, Math.min(10_000, Math.max(1, left / 4)));
        try (ResultSet written = place.executeQuery()) {
          written.next();
          left -= written.getLong(1);
        }
      }
      statement.execute("vacuum analyze");
    }
  }

  /** Rows in the captured tables. */
  long rows() throws SQLException {
    String counts =
        job.captured().stream()
            .map(table -> "(select count(*) from " + table + ")")
            .collect(Collectors.joining(" + "));
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("select " + counts)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** What the state of every store is to be now, in one line. */
  String expected() throws SQLException {
    try (Connection connection = connect()) {
      return job.expected().of(connection);
    }
  }
}
