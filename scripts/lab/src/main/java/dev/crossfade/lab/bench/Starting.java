package dev.crossfade.lab.bench;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The start of the service where there is nothing to catch up with, until it says that it is ready:
 * it captures and has seen a marker of its own come through. The first start that counts is the
 * second of all, which finds what the first has left for it.
 */
final class Starting {
  private static final int STARTS = 5;
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Nanoseconds. Asked every 20 ms, a process that starts spends a tenth of its CPU on answers. */
  private static final long ASK_EVERY = 100_000_000;

  /**
   * One start.
   *
   * @param seconds from the start of the process until it was ready
   * @param cpu seconds of its own until then
   */
  record Start(double seconds, double cpu) {}

  private final CrossfadePipeline pipeline;
  private final Workload workload;
  private final Consumer<String> say;

  Starting(CrossfadePipeline pipeline, Workload workload, Consumer<String> say) {
    this.pipeline = pipeline;
    this.workload = workload;
    this.say = say;
  }

  List<Start> run() throws SQLException {
    pipeline.remove();
    workload.clear();
    Drain.ready(pipeline, workload);
    pipeline.stop();
    List<Start> starts = new ArrayList<>();
    for (int n = 1; n <= STARTS; n++) {
      long began = System.nanoTime();
      pipeline.start(Phase.WHOLE);
      Stopwatch.await(pipeline, "ready", PATIENCE, ASK_EVERY, pipeline::ready);
      double seconds = (System.nanoTime() - began) / 1e9;
      Start start = new Start(seconds, Cpu.read(pipeline.processes()).ours() / 1e6);
      starts.add(start);
      say.accept(
          String.format(
              Locale.ROOT,
              "start %d of %d: ready after %.2f s, with %.2f s of CPU",
              n,
              STARTS,
              start.seconds(),
              start.cpu()));
      pipeline.stop();
    }
    pipeline.remove();
    return starts;
  }
}
