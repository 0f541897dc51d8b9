package dev.crossfade.lab.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The backlog drain: the legacy is written to while nothing runs; then each pipeline in turn is
 * started and timed until a fence behind the backlog is through.
 */
final class Drain {
  private final BenchServers servers;
  private final Workload workload;
  private final List<Pipeline> pipelines;
  private final Plan plan;
  private final Consumer<String> say;
  private final List<Measured> runs = new ArrayList<>();

  Drain(
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

  List<Measured> run() throws SQLException {
    for (Pipeline pipeline : pipelines) {
      pipeline.remove();
    }
    workload.clear();
    for (Pipeline pipeline : pipelines) {
      ready(pipeline, workload);
      pipeline.stop();
    }
    for (int round = 0; round <= plan.runs(); round++) {
      round(round);
      Collections.reverse(pipelines); // what comes first has the colder caches
    }
    for (Pipeline pipeline : pipelines) {
      pipeline.remove();
    }
    return runs;
  }

  /** Installs a pipeline and waits until it follows. */
  static void ready(Pipeline pipeline, Workload workload) throws SQLException {
    pipeline.install();
    pipeline.start(Phase.WHOLE);
    Duration patience = Duration.ofMinutes(3);
    Stopwatch.await(pipeline, "the first load is complete", patience, pipeline::loaded);
    Fence fence = workload.fence();
    Stopwatch.await(pipeline, "a fence is through", patience, () -> pipeline.through(fence));
  }

  private void round(int round) throws SQLException {
    boolean counts = round > 0;
    String title = counts ? "drain, run " + round + " of " + plan.runs() : "drain, warm-up";
    long wanted = counts ? plan.changes() : Math.min(plan.changes(), plan.warmUpChanges());
    List<Phase> whole = List.of(Phase.WHOLE);
    backlog(title, wanted, pipelines, whole, counts);
    List<Pipeline> split =
        pipelines.stream().filter(p -> p.phases().contains(Phase.CAPTURE)).toList();
    if (!split.isEmpty()) {
      List<Phase> parts = List.of(Phase.CAPTURE, Phase.APPLY);
      // Who has no parts drains this one with the next.
      backlog(title, wanted, split, parts, counts);
    }
  }

  /** Writes a backlog and drains it by each pipeline. */
  private void backlog(
      String title, long wanted, List<Pipeline> by, List<Phase> phases, boolean counts)
      throws SQLException {
    long changes = workload.backlog(wanted);
    Fence fence = workload.fence();
    servers.checkpoint();
    String expected;
    try (Connection legacy = workload.connect()) {
      expected = StateHash.expected(legacy);
    }
    for (Pipeline pipeline : by) {
      for (Phase phase : phases) {
        measure(title, pipeline, phase, changes, fence, expected, counts);
        servers.checkpoint();
      }
    }
  }

  private void measure(
      String title,
      Pipeline pipeline,
      Phase phase,
      long changes,
      Fence fence,
      String expected,
      boolean counts)
      throws SQLException {
    Measured timed =
        new Stopwatch(servers)
            .run(
                pipeline,
                phase,
                phase.title(),
                changes,
                () -> pipeline.through(fence),
                seen -> pipeline.throughAt(fence, seen));
    pipeline.stop();
    Measured run = phase == Phase.CAPTURE ? timed : timed.checked(pipeline, expected);
    say.accept(
        String.format(
            Locale.ROOT,
            "%s: %s, %s: %,d changes in %.1f s, %,.0f/s from the start, %,.0f/s flowing, %.1f us"
                + " CPU a change, %.1f flowing, %s",
            title,
            pipeline.name(),
            run.what(),
            run.amount(),
            run.seconds(),
            run.rate(),
            run.flowingRate(),
            run.micros(),
            run.flowingMicros(),
            phase == Phase.CAPTURE ? "all in Kafka" : run.right() ? "state right" : "STATE WRONG"));
    if (counts || !run.right()) {
      runs.add(run);
    }
  }
}
