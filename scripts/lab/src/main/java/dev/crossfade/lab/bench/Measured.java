package dev.crossfade.lab.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;

/**
 * One run of a pipeline over a known amount of work.
 *
 * @param what the phase of a drain, or the load
 * @param amount changes or rows
 * @param seconds from the start of the process until all was through
 * @param flowing of these, from the first change that was seen to come through
 * @param cpu what it cost, the start of the processes included
 * @param flowingCpu what it cost while it flowed
 * @param peak the largest resident memory of the pipeline's processes together, in bytes
 * @param right whether the store was what hand-written SQL over the legacy says
 */
record Measured(
    String pipeline,
    String what,
    long amount,
    double seconds,
    double flowing,
    Cpu cpu,
    Cpu flowingCpu,
    long peak,
    boolean right) {

  /** How much a second, from the start of the process on. */
  double rate() {
    return amount / seconds;
  }

  /** How much a second while something came through. */
  double flowingRate() {
    return amount / flowing;
  }

  /** Microseconds of CPU for each change or row, of everything but the benchmark itself. */
  double micros() {
    return cpu.ours() / (double) amount;
  }

  /** The same, without what was spent before the first change came through. */
  double flowingMicros() {
    return flowingCpu.ours() / (double) amount;
  }

  /** This run, with the word whether the pipeline's store is as expected. */
  Measured checked(Pipeline pipeline, String expected) throws SQLException {
    try (Connection store = pipeline.store()) {
      boolean same = StateHash.actual(store).equals(expected);
      return new Measured(
          this.pipeline, what, amount, seconds, flowing, cpu, flowingCpu, peak, same);
    }
  }

  /** The run whose rate is the median; the lower one of an even number. */
  static Measured median(List<Measured> runs) {
    return runs.stream()
        .sorted(Comparator.comparingDouble(Measured::rate))
        .toList()
        .get((runs.size() - 1) / 2);
  }
}
