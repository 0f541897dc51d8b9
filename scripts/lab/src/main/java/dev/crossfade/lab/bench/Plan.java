package dev.crossfade.lab.bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How much is measured.
 *
 * @param changes of one backlog
 * @param drained how a backlog is drained
 * @param seconds of one window of steady traffic
 * @param loadRows orders and items of a first load, about
 * @param runs of each part, beside the warm-up
 * @param rates of steady traffic, in orders a second
 * @param growth in what backlogs are to differ
 * @param growthRows that are in the stores before, about
 * @param yieldRows of the load beside live traffic, about
 */
record Plan(
    Set<Part> parts,
    long changes,
    Set<Drained> drained,
    int seconds,
    long loadRows,
    int runs,
    List<Integer> rates,
    Set<Growth.By> growth,
    List<Long> growthRows,
    long yieldRows) {

  /**
   * A backlog goes through all of a pipeline at once, or first through one part and then the other.
   */
  enum Drained {
    END_TO_END,
    APART
  }

  /** What can be measured alone. */
  enum Part {
    DRAIN,
    STEADY,
    LOAD,
    START,
    YIELD,
    GROWTH
  }

  Plan {
    parts = EnumSet.copyOf(parts);
    drained = EnumSet.copyOf(drained);
    rates = List.copyOf(rates);
    growth = EnumSet.copyOf(growth);
    growthRows = List.copyOf(growthRows);
    atLeast("changes", changes, 1_000);
    atLeast("seconds", seconds, 2);
    atLeast("rows", loadRows, 1_000);
    atLeast("runs", runs, 1);
    rates.forEach(rate -> atLeast("orders a second", rate, 1));
    growthRows.forEach(rows -> atLeast("rows to grow by", rows, 1_000));
    atLeast("rows to load beside traffic", yieldRows, 1_000);
  }

  private static void atLeast(String what, long found, long least) {
    if (found < least) {
      throw new IllegalArgumentException(
          "a benchmark needs at least " + least + " " + what + ", found " + found);
    }
  }

  static Plan quick() {
    return new Plan(
        EnumSet.of(Part.DRAIN, Part.STEADY, Part.LOAD, Part.START),
        60_000,
        EnumSet.allOf(Drained.class),
        10,
        100_000,
        2,
        List.of(200, 500, 1_000),
        EnumSet.allOf(Growth.By.class),
        List.of(10_000L, 100_000L),
        50_000);
  }

  /** All but how it grows, which takes as long as the others together. */
  static Plan whole() {
    return new Plan(
        EnumSet.complementOf(EnumSet.of(Part.GROWTH)),
        480_000,
        EnumSet.allOf(Drained.class),
        60,
        1_000_000,
        3,
        List.of(200, 500, 1_000),
        EnumSet.allOf(Growth.By.class),
        List.of(100_000L, 1_000_000L),
        300_000);
  }

  /** The warm-up is for the servers' caches; every process of a pipeline begins cold. */
  long warmUpChanges() {
    return 20_000;
  }

  /**
   * The compilers of a service are busy for some 80 s at 500 orders a second, by JFR's events of
   * compilations: short windows come after a part of that.
   */
  int steadyWarmUpSeconds() {
    return Math.min(90, 3 * seconds);
  }
}
