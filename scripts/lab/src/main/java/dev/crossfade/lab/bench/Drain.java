package dev.crossfade.lab.bench;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The backlog drain: the legacy is written to while nothing runs; then each pipeline in turn is
 * started and timed until a fence behind the backlog is through. Another fence is in the middle: by
 * then the processes are warm, so that the second half tells what they do when they have run for
 * long.
 */
final class Drain {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /**
   * What is drained.
   *
   * @param changes in all
   * @param rest of these, behind the middle
   * @param expected what a store is to be afterwards
   */
  private record Backlog(long changes, long rest, Fence middle, Fence end, String expected) {}

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
    Stopwatch.await(pipeline, "the first load is complete", PATIENCE, pipeline::loaded);
    Fence fence = workload.fence();
    Stopwatch.await(pipeline, "a fence is through", PATIENCE, () -> pipeline.through(fence));
  }

  private void round(int round) throws SQLException {
    boolean counts = round > 0;
    String title = counts ? "drain, run " + round + " of " + plan.runs() : "drain, warm-up";
    long wanted = counts ? plan.changes() : Math.min(plan.changes(), plan.warmUpChanges());
    Backlog whole = backlog(wanted);
    for (Pipeline pipeline : pipelines) {
      measure(title, pipeline, Phase.WHOLE, whole, counts);
    }
    List<Pipeline> split =
        pipelines.stream().filter(p -> p.phases().contains(Phase.CAPTURE)).toList();
    if (!split.isEmpty()) {
      Backlog parts = backlog(wanted);
      for (Pipeline pipeline : split) {
        measure(title, pipeline, Phase.CAPTURE, parts, counts);
        measure(title, pipeline, Phase.APPLY, parts, counts);
      }
      for (Pipeline pipeline : pipelines) {
        if (!split.contains(pipeline)) {
          catchUp(pipeline, parts);
        }
      }
    }
  }

  private Backlog backlog(long wanted) throws SQLException {
    long before = workload.backlog(wanted / 2);
    Fence middle = workload.fence();
    long rest = workload.backlog(wanted - wanted / 2);
    Fence end = workload.fence();
    servers.checkpoint();
    return new Backlog(before + rest, rest, middle, end, workload.expected());
  }

  /** Who has no parts is not measured with this backlog. */
  private void catchUp(Pipeline pipeline, Backlog backlog) throws SQLException {
    pipeline.start(Phase.WHOLE);
    Stopwatch.await(
        pipeline, "a fence is through", PATIENCE, () -> pipeline.through(backlog.end()));
    pipeline.stop();
    pipeline.store().vacuum();
    servers.checkpoint();
  }

  private void measure(
      String title, Pipeline pipeline, Phase phase, Backlog backlog, boolean counts)
      throws SQLException {
    Measured timed =
        new Stopwatch(servers)
            .run(
                pipeline,
                phase,
                phase.title(),
                backlog.changes(),
                () -> pipeline.through(backlog.end()),
                (notYet, seen) -> moments(pipeline, backlog, notYet));
    pipeline.stop();
    Measured run = phase == Phase.CAPTURE ? timed : timed.checked(pipeline, backlog.expected());
    say.accept(
        String.format(
            Locale.ROOT,
            "%s: %s, %s: %,d changes in %.1f s, %,.0f/s from the start, %,.0f/s warm, %.1f us CPU"
                + " a change, %.1f warm, %s",
            title,
            pipeline.name(),
            run.what(),
            run.whole().amount(),
            run.whole().seconds(),
            run.whole().rate(),
            run.warmest().rate(),
            run.whole().micros(),
            run.warmest().micros(),
            phase == Phase.CAPTURE ? "all in Kafka" : run.right() ? "state right" : "STATE WRONG"));
    if (counts || !run.right()) {
      runs.add(run);
    }
    pipeline.store().vacuum();
    servers.checkpoint();
  }

  /** Not before the last look that said no: more may be needed than the fence's own rows. */
  private static Stopwatch.Moments moments(Pipeline pipeline, Backlog backlog, long notYet)
      throws SQLException {
    return new Stopwatch.Moments(
        Math.max(notYet, pipeline.at(backlog.end())),
        Optional.of(new Stopwatch.Half(pipeline.at(backlog.middle()), backlog.rest())));
  }
}
