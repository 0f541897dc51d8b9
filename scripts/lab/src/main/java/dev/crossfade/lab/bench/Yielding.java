package dev.crossfade.lab.bench;

import dev.crossfade.lab.bench.Orders.Order;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** Live traffic over a store with many rows, while all of them are loaded again. */
final class Yielding {
  /** Orders a second. */
  static final int RATE = 200;

  /**
   * What was found.
   *
   * @param rows that the legacy had, and the load read again
   * @param began of the load, in seconds since the first second of traffic
   * @param lasted until everything of it was derived, in seconds
   * @param periods before, during and after, by the moment at which an order was placed
   * @param seconds the orders that were placed in each second
   */
  record Found(
      long rows,
      double began,
      double lasted,
      Map<String, Latencies> periods,
      List<Latencies> seconds,
      boolean right) {}

  private final CrossfadePipeline pipeline;
  private final Workload workload;
  private final Plan plan;
  private final Consumer<String> say;

  Yielding(CrossfadePipeline pipeline, Workload workload, Plan plan, Consumer<String> say) {
    this.pipeline = pipeline;
    this.workload = workload;
    this.plan = plan;
    this.say = say;
  }

  Found run() throws SQLException {
    pipeline.remove();
    workload.clear();
    workload.fill(plan.yieldRows());
    long rows = workload.rows();
    say.accept(String.format(Locale.ROOT, "yield: loading %,d rows …", rows));
    Drain.ready(pipeline, workload);
    try (Connection legacy = workload.connect();
        Traffic traffic = Traffic.start(workload, RATE)) {
      say.accept("yield: warm-up");
      traffic.lasts(Duration.ofSeconds(plan.steadyWarmUpSeconds()));
      final String from = Orders.clock(legacy);
      final long first = System.nanoTime();
      traffic.lasts(Duration.ofSeconds(plan.seconds()));
      final double began = (System.nanoTime() - first) / 1e9;
      say.accept("yield: a new load begins");
      int epoch = pipeline.loadedEpoch();
      pipeline.loadAgain();
      Stopwatch.await(
          pipeline,
          "the new load is complete",
          Drain.patience(rows),
          () -> {
            traffic.lasts(Duration.ofMillis(1));
            return pipeline.loadedEpoch() > epoch && pipeline.loaded();
          });
      final double ended = (System.nanoTime() - first) / 1e9;
      say.accept(String.format(Locale.ROOT, "yield: it took %.1f s", ended - began));
      traffic.lasts(Duration.ofSeconds(plan.seconds()));
      final String to = Orders.clock(legacy);
      traffic.stop();
      Fence fence = workload.fence();
      Stopwatch.await(
          pipeline, "a fence is through", Drain.patience(rows), () -> pipeline.through(fence));
      List<Order> orders = Orders.placed(pipeline, legacy, from, to);
      boolean right = pipeline.right(workload.expected());
      Found found = found(rows, began, ended, orders, right);
      found
          .periods()
          .forEach(
              (period, latencies) ->
                  say.accept(
                      String.format(
                          Locale.ROOT,
                          "yield, %s: p50 %.1f p95 %.1f p99 %.1f max %.1f ms",
                          period,
                          latencies.quantile(0.5),
                          latencies.quantile(0.95),
                          latencies.quantile(0.99),
                          latencies.max())));
      return found;
    } finally {
      pipeline.remove();
    }
  }

  /** By the moment at which an order was placed, in seconds since the first of them. */
  static Found found(long rows, double began, double ended, List<Order> orders, boolean right) {
    long first = orders.stream().mapToLong(Order::placed).min().orElseThrow();
    Map<String, List<Order>> periods = new LinkedHashMap<>();
    List.of("before", "during", "after").forEach(period -> periods.put(period, new ArrayList<>()));
    List<List<Order>> seconds = new ArrayList<>();
    for (Order order : orders) {
      double at = (order.placed() - first) / 1e6;
      periods.get(at < began ? "before" : at < ended ? "during" : "after").add(order);
      while (seconds.size() <= at) {
        seconds.add(new ArrayList<>());
      }
      seconds.get((int) at).add(order);
    }
    Map<String, Latencies> latencies = new LinkedHashMap<>();
    periods.forEach((period, those) -> latencies.put(period, Orders.latencies(those)));
    return new Found(
        rows,
        began,
        ended - began,
        latencies,
        seconds.stream().map(Orders::latencies).toList(),
        right);
  }
}
