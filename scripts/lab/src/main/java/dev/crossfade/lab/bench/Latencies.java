package dev.crossfade.lab.bench;

import java.util.Arrays;

/** Durations in microseconds, sorted. Immutable. */
final class Latencies {
  private final long[] sorted;

  private Latencies(long[] sorted) {
    this.sorted = sorted;
  }

  static Latencies of(long... micros) {
    long[] copy = micros.clone();
    Arrays.sort(copy);
    return new Latencies(copy);
  }

  int count() {
    return sorted.length;
  }

  /**
   * The nearest rank: the smallest duration that at least that share of all does not exceed, in
   * milliseconds. NaN if there are none.
   *
   * @param share above 0, at most 1
   */
  double quantile(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("a share is above 0 and at most 1, found " + share);
    }
    if (sorted.length == 0) {
      return Double.NaN;
    }
    // The product of a share like 0.99 and a count may come out above the whole number it is.
    int rank = (int) Math.ceil(share * sorted.length - 1e-9);
    return sorted[Math.max(1, rank) - 1] / 1_000.0;
  }

  double max() {
    return quantile(1);
  }

  /**
   * How many fall between bounds.
   *
   * @param bounds rising, in milliseconds
   * @return one count more than bounds: below the first, from each to the next, from the last on
   */
  long[] histogram(double... bounds) {
    long[] counts = new long[bounds.length + 1];
    int bucket = 0;
    for (long micros : sorted) {
      while (bucket < bounds.length && micros / 1_000.0 >= bounds[bucket]) {
        bucket++;
      }
      counts[bucket]++;
    }
    return counts;
  }
}
