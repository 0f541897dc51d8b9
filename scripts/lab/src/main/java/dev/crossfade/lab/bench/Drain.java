package dev.crossfade.lab.bench;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The backlog drain: the legacy is written to while nothing runs; then each pipeline in turn is
 * started and timed until a fence behind the backlog is through. Before each backlog that counts, a
 * quarter of it is drained in the same way: what the whole takes beyond that has no start of a cold
 * process in it. (Half of one backlog would not do: the parts of a pipeline are not in its middle
 * at the same time.)
 */
final class Drain {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /**
   * What is drained.
   *
   * @param expected what a store is to be afterwards
   */
  private record Backlog(long changes, Fence fence, String expected) {}

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
    return run("drain", 0, plan.drained());
  }

  /**
   * End to end only.
   *
   * @param title what its lines begin with
   * @param rows that are in the stores before, about
   */
  List<Measured> whole(String title, long rows) throws SQLException {
    return run(title, rows, EnumSet.of(Plan.Drained.END_TO_END));
  }

  private List<Measured> run(String title, long rows, Set<Plan.Drained> drained)
      throws SQLException {
    for (Pipeline pipeline : pipelines) {
      pipeline.remove();
    }
    workload.clear();
    if (rows > 0) {
      say.accept(title + ": filling the stores …");
      workload.fill(rows);
    }
    for (Pipeline pipeline : pipelines) {
      ready(pipeline, workload);
      pipeline.stop();
      pipeline.store().vacuum();
    }
    for (int round = 0; round <= plan.runs(); round++) {
      round(title, round, drained);
      Collections.reverse(pipelines); // what comes first has the colder caches
    }
    for (Pipeline pipeline : pipelines) {
      pipeline.remove();
    }
    return runs;
  }

  /** Installs a pipeline and waits until it follows. */
  static void ready(Pipeline pipeline, Workload workload) throws SQLException {
    Duration patience = patience(workload.rows());
    pipeline.install();
    pipeline.start(Phase.WHOLE);
    Stopwatch.await(pipeline, "the first load is complete", patience, pipeline::loaded);
    Fence fence = workload.fence();
    Stopwatch.await(pipeline, "a fence is through", patience, () -> pipeline.through(fence));
  }

  /** How long a load of so many rows may take. */
  static Duration patience(long rows) {
    return PATIENCE.plusMillis(rows);
  }

  private void round(String what, int round, Set<Plan.Drained> drained) throws SQLException {
    boolean counts = round > 0;
    String title = what + (counts ? ", run " + round + " of " + plan.runs() : ", warm-up");
    long wanted = counts ? plan.changes() : Math.min(plan.changes(), plan.warmUpChanges());
    List<Pipeline> split =
        pipelines.stream().filter(p -> p.phases().contains(Phase.CAPTURE)).toList();
    if (drained.contains(Plan.Drained.END_TO_END)) {
      drain(title, wanted, pipelines, List.of(Phase.WHOLE), counts);
    }
    if (drained.contains(Plan.Drained.APART) && !split.isEmpty()) {
      drain(title, wanted, split, List.of(Phase.CAPTURE, Phase.APPLY), counts);
    }
  }

  private void drain(
      String title, long wanted, List<Pipeline> by, List<Phase> phases, boolean counts)
      throws SQLException {
    Map<String, Measured> quarter =
        counts ? backlog(title + ", a quarter", wanted / 4, by, phases, Map.of()) : Map.of();
    backlog(title, wanted, by, phases, quarter)
        .values()
        .forEach(
            run -> {
              if (counts || !run.right()) {
                runs.add(run);
              }
            });
  }

  /**
   * Writes a backlog and drains it by each pipeline.
   *
   * @param shorter runs with a shorter backlog, by pipeline and phase
   * @return the runs, by pipeline and phase
   */
  private Map<String, Measured> backlog(
      String title,
      long wanted,
      List<Pipeline> by,
      List<Phase> phases,
      Map<String, Measured> shorter)
      throws SQLException {
    long changes = workload.backlog(wanted);
    Fence fence = workload.fence();
    servers.checkpoint();
    Backlog backlog = new Backlog(changes, fence, workload.expected());
    Map<String, Measured> found = new LinkedHashMap<>();
    for (Pipeline pipeline : by) {
      for (Phase phase : phases) {
        String key = pipeline.name() + ", " + phase.title();
        Measured run = measure(pipeline, phase, backlog);
        Measured told = shorter.containsKey(key) ? run.beyond(shorter.get(key)) : run;
        say.accept(title + ": " + line(told, phase));
        found.put(key, told);
        pipeline.store().vacuum();
        servers.checkpoint();
      }
    }
    for (Pipeline pipeline : pipelines) {
      if (!by.contains(pipeline)) {
        catchUp(pipeline, backlog);
      }
    }
    return found;
  }

  /** Who has no parts is not measured with this backlog. */
  private void catchUp(Pipeline pipeline, Backlog backlog) throws SQLException {
    pipeline.start(Phase.WHOLE);
    Stopwatch.await(
        pipeline, "a fence is through", PATIENCE, () -> pipeline.through(backlog.fence()));
    pipeline.stop();
    pipeline.store().vacuum();
    servers.checkpoint();
  }

  /** Not before the last look that said no: more may be needed than the fence's own rows. */
  private Measured measure(Pipeline pipeline, Phase phase, Backlog backlog) throws SQLException {
    Measured timed =
        new Stopwatch(servers)
            .run(
                pipeline,
                phase,
                phase.title(),
                backlog.changes(),
                () -> pipeline.through(backlog.fence()),
                (notYet, seen) -> Math.max(notYet, pipeline.at(backlog.fence())));
    pipeline.stop();
    return phase == Phase.CAPTURE ? timed : timed.checked(pipeline, backlog.expected());
  }

  private static String line(Measured run, Phase phase) {
    return String.format(
        Locale.ROOT,
        "%s, %s: %,d changes in %.1f s, %,.0f/s from the start, %s, %.1f us CPU a change, %s",
        run.pipeline(),
        run.what(),
        run.whole().amount(),
        run.whole().seconds(),
        run.whole().rate(),
        run.warm()
            .map(w -> String.format(Locale.ROOT, "%,.0f/s and %.1f us warm", w.rate(), w.micros()))
            .orElse(String.format(Locale.ROOT, "%,.0f/s flowing", run.flowing().rate())),
        run.whole().micros(),
        phase == Phase.CAPTURE ? "all in Kafka" : run.right() ? "state right" : "STATE WRONG");
  }
}
