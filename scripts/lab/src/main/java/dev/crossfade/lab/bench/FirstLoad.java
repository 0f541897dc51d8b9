package dev.crossfade.lab.bench;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** The first load: an empty store, a legacy with orders, until every row is derived. */
final class FirstLoad {
  private final BenchServers servers;
  private final Workload workload;
  private final List<Pipeline> pipelines;
  private final Plan plan;
  private final Consumer<String> say;

  FirstLoad(
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
    workload.fill(plan.loadRows());
    List<Measured> runs = new ArrayList<>();
    for (int run = 0; run <= plan.runs(); run++) {
      for (Pipeline pipeline : pipelines) {
        Measured measured = load(pipeline);
        if (run > 0 || !measured.right()) {
          runs.add(measured);
        }
        say.accept(
            String.format(
                Locale.ROOT,
                "load, %s: %s: %,d rows in %.1f s, %,.0f/s from the start, %,.0f/s flowing, %.1f us"
                    + " CPU a row, %s",
                run == 0 ? "warm-up" : "run " + run + " of " + plan.runs(),
                pipeline.name(),
                measured.whole().amount(),
                measured.whole().seconds(),
                measured.whole().rate(),
                measured.flowing().rate(),
                measured.whole().micros(),
                measured.right() ? "state right" : "STATE WRONG"));
      }
      Collections.reverse(pipelines);
    }
    return runs;
  }

  private Measured load(Pipeline pipeline) throws SQLException {
    long rows = workload.rows();
    pipeline.install();
    servers.checkpoint();
    Measured measured =
        new Stopwatch(servers)
            .run(
                pipeline,
                Phase.WHOLE,
                "first load",
                rows,
                pipeline::loaded,
                (notYet, seen) -> pipeline.loadedAt(seen))
            .checked(pipeline, workload.expected());
    pipeline.remove();
    return measured;
  }
}
