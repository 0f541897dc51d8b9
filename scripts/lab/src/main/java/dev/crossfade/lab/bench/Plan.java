package dev.crossfade.lab.bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How much is measured.
 *
 * @param changes of one backlog
 * @param seconds of one window of steady traffic
 * @param loadRows orders and items of a first load, about
 * @param runs of each part, beside the warm-up
 */
record Plan(
    Set<Part> parts, long changes, int seconds, long loadRows, int runs, List<Integer> rates) {

  /** What can be measured alone. */
  enum Part {
    DRAIN,
    STEADY,
    LOAD
  }

  Plan {
    parts = EnumSet.copyOf(parts);
    rates = List.copyOf(rates);
    atLeast("changes", changes, 1_000);
    atLeast("seconds", seconds, 2);
    atLeast("rows", loadRows, 1_000);
    atLeast("runs", runs, 1);
  }

  private static void atLeast(String what, long found, long least) {
    if (found < least) {
      throw new IllegalArgumentException(
          "a benchmark needs at least " + least + " " + what + ", found " + found);
    }
  }

  static Plan quick() {
    return new Plan(EnumSet.allOf(Part.class), 60_000, 10, 100_000, 3, List.of(200, 500, 1_000));
  }

  static Plan whole() {
    return new Plan(EnumSet.allOf(Part.class), 480_000, 60, 1_000_000, 3, List.of(200, 500, 1_000));
  }

  /** The warm-up is for the servers' caches; every process of a pipeline begins cold. */
  long warmUpChanges() {
    return 20_000;
  }

  /** Long enough that the compilers have seen what steady traffic needs. */
  int steadyWarmUpSeconds() {
    return Math.max(5, seconds);
  }
}
