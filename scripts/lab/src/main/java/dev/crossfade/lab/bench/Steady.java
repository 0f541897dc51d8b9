package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * Steady traffic: windows at several rates, one after the other, over and over. A change's latency
 * is the time between two commits, that of the transaction which placed an order in the legacy and
 * that of the one which brought it into the store, both by the servers' own commit timestamps: they
 * run on one machine and so by one clock.
 */
final class Steady {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * One window.
   *
   * @param wanted orders a second that were asked for
   * @param orders that were placed in the window and not deleted until its end
   * @param placed orders that were placed in the window
   * @param changes that were made in the window
   * @param heap in use at its end, in bytes, negative if unknown
   * @param resident memory of the pipeline's processes at its end, in bytes
   */
  record Window(
      String pipeline,
      int wanted,
      double seconds,
      int orders,
      long placed,
      long changes,
      Latencies latencies,
      Cpu cpu,
      long heap,
      long resident,
      boolean right) {
    double rate() {
      return placed / seconds;
    }

    double micros() {
      return cpu.ours() / (double) changes;
    }
  }

  private final BenchServers servers;
  private final Workload workload;
  private final List<Pipeline> pipelines;
  private final Plan plan;
  private final Consumer<String> say;
  private final List<Window> windows = new ArrayList<>();

  Steady(
      BenchServers servers,
      Workload workload,
      List<Pipeline> pipelines,
      Plan plan,
      Consumer<String> say) {
    this.servers = servers;
    this.workload = workload;
    this.pipelines = new ArrayList<>(pipelines);
    this.plan = plan;
    this.say = say;
  }

  List<Window> run() throws SQLException {
    for (Pipeline pipeline : pipelines) {
      pipeline.remove();
    }
    workload.clear();
    // Each alone on the machine. A slot of one that does not run would keep log, and cost a little.
    for (int run = 1; run <= plan.runs(); run++) {
      for (Pipeline pipeline : pipelines) {
        Drain.ready(pipeline, workload);
        servers.checkpoint();
        say.accept(title(run, pipeline) + ", warm-up");
        window(pipeline, plan.rates().get(plan.rates().size() / 2), plan.steadyWarmUpSeconds());
        for (int rate : plan.rates()) {
          Window window = window(pipeline, rate, plan.seconds());
          windows.add(window);
          say.accept(title(run, pipeline) + ", " + line(window));
        }
        pipeline.remove();
      }
      Collections.reverse(pipelines);
    }
    return windows;
  }

  private String title(int run, Pipeline pipeline) {
    return "steady, run " + run + " of " + plan.runs() + ": " + pipeline.name();
  }

  private static String line(Window w) {
    return String.format(
        Locale.ROOT,
        "%d orders/s: %.0f placed, commit to commit p50 %.1f p95 %.1f p99 %.1f max %.1f ms, %.1f us"
            + " CPU a change, RSS %d MB, %s",
        w.wanted(),
        w.rate(),
        w.latencies().quantile(0.5),
        w.latencies().quantile(0.95),
        w.latencies().quantile(0.99),
        w.latencies().max(),
        w.micros(),
        w.resident() >> 20,
        w.right() ? "state right" : "STATE WRONG");
  }

  private Window window(Pipeline pipeline, int rate, int seconds) throws SQLException {
    try (Connection legacy = workload.connect();
        Traffic traffic = Traffic.start(workload, rate)) {
      traffic.lasts(Duration.ofSeconds(2)); // the first calls of each session are slow
      Map<String, Long> pids = new HashMap<>(servers.processes());
      pids.putAll(pipeline.processes());
      String from = clock(legacy);
      Cpu before = Cpu.read(pids);
      long began = System.nanoTime();
      Traffic.Counts first = traffic.counts();
      traffic.lasts(Duration.ofSeconds(seconds));
      Traffic.Counts last = traffic.counts();
      double lasted = (System.nanoTime() - began) / 1e9;
      Cpu spent = Cpu.read(pids).since(before);
      String to = clock(legacy);
      long heap = pipeline.heap();
      long resident = pipeline.processes().values().stream().mapToLong(Stopwatch::resident).sum();
      traffic.stop();
      Fence fence = workload.fence();
      Stopwatch.await(pipeline, "a fence is through", PATIENCE, () -> pipeline.through(fence));
      Latencies latencies = latencies(pipeline, legacy, from, to);
      boolean right = workload.expected().equals(pipeline.store().hash());
      return new Window(
          pipeline.name(),
          rate,
          lasted,
          latencies.count(),
          last.orders() - first.orders(),
          last.changes() - first.changes(),
          latencies,
          spent,
          heap,
          resident,
          right);
    }
  }

  private static String clock(Connection legacy) throws SQLException {
    try (Statement statement = legacy.createStatement();
        ResultSet row = statement.executeQuery("select clock_timestamp()::text")) {
      row.next();
      return row.getString(1);
    }
  }

  /** Of the orders that were committed in the legacy in that time and are in the store. */
  private static Latencies latencies(Pipeline pipeline, Connection legacy, String from, String to)
      throws SQLException {
    Map<UUID, Long> placed =
        commits(
            legacy,
            "select order_id, "
                + micros("at")
                + " from (select order_id, pg_xact_commit_timestamp(xid) as at from bench_placed) p"
                + " where at between '%s' and '%s'".formatted(from, to));
    Map<UUID, Long> arrived;
    try (Connection store = pipeline.store().connect()) {
      arrived =
          commits(
              store,
              "select order_id, "
                  + micros("at")
                  + " from ("
                  + pipeline.store().arrivals()
                  + ") s where at >= '%s'".formatted(from));
    }
    long[] durations =
        placed.entrySet().stream()
            .filter(order -> arrived.containsKey(order.getKey()))
            .flatMapToLong(order -> LongStream.of(arrived.get(order.getKey()) - order.getValue()))
            .toArray();
    if (durations.length == 0) {
      throw new LabException(pipeline.name() + ": no order of the window is in the store");
    }
    return Latencies.of(durations);
  }

  private static String micros(String timestamp) {
    return "(extract(epoch from " + timestamp + ") * 1000000)::bigint";
  }

  private static Map<UUID, Long> commits(Connection connection, String sql) throws SQLException {
    Map<UUID, Long> commits = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        commits.put(rows.getObject(1, UUID.class), rows.getLong(2));
      }
    }
    return commits;
  }
}
