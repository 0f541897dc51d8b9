package dev.crossfade.lab.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Steady traffic: windows at several rates, one after the other, over and over. A change's latency
 * is the time between two commits, as {@link Orders} tells it.
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
   * @param memory that the pipeline's processes held at its end
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
      Memory memory,
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
        w.memory().resident() >> 20,
        w.right() ? "state right" : "STATE WRONG");
  }

  private Window window(Pipeline pipeline, int rate, int seconds) throws SQLException {
    try (Connection legacy = workload.connect();
        Traffic traffic = Traffic.start(workload, rate)) {
      traffic.lasts(Duration.ofSeconds(2)); // the first calls of each session are slow
      Map<String, Long> pids = new HashMap<>(servers.processes());
      pids.putAll(pipeline.processes());
      String from = Orders.clock(legacy);
      Cpu before = Cpu.read(pids);
      long began = System.nanoTime();
      Traffic.Counts first = traffic.counts();
      traffic.lasts(Duration.ofSeconds(seconds));
      Traffic.Counts last = traffic.counts();
      double lasted = (System.nanoTime() - began) / 1e9;
      Cpu spent = Cpu.read(pids).since(before);
      String to = Orders.clock(legacy);
      Memory memory = Memory.of(pipeline.processes().values());
      traffic.stop();
      Fence fence = workload.fence();
      Stopwatch.await(pipeline, "a fence is through", PATIENCE, () -> pipeline.through(fence));
      Latencies latencies = Orders.latencies(Orders.placed(pipeline, legacy, from, to));
      boolean right = pipeline.right(workload.expected());
      return new Window(
          pipeline.name(),
          rate,
          lasted,
          latencies.count(),
          last.orders() - first.orders(),
          last.changes() - first.changes(),
          latencies,
          spent,
          memory,
          right);
    }
  }
}
