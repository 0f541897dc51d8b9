package dev.crossfade.apply;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * The end-to-end lags of the transactions of the last minute, at most some thousands. Safe for
 * several threads.
 */
final class LagWindow {
  private static final long SPAN_NANOS = Duration.ofMinutes(1).toNanos();
  private static final int SIZE = 1 << 13;

  private final long[] at = new long[SIZE];
  private final long[] lag = new long[SIZE];
  private long count;

  synchronized void add(Duration duration) {
    int slot = (int) (count++ & SIZE - 1);
    at[slot] = System.nanoTime();
    lag[slot] = duration.toNanos();
  }

  /** The given quantiles, each between 0 and 1; empty if there was nothing in the last minute. */
  synchronized Optional<Duration[]> quantiles(double... wanted) {
    long now = System.nanoTime();
    int held = (int) Math.min(count, SIZE);
    long[] recent = new long[held];
    int n = 0;
    for (int i = 0; i < held; i++) {
      if (now - at[i] <= SPAN_NANOS) {
        recent[n++] = lag[i];
      }
    }
    if (n == 0) {
      return Optional.empty();
    }
    Arrays.sort(recent, 0, n);
    var found = new Duration[wanted.length];
    for (int i = 0; i < wanted.length; i++) {
      found[i] =
          Duration.ofNanos(recent[(int) Math.min(n - 1, (long) Math.ceil(wanted[i] * n) - 1)]);
    }
    return Optional.of(found);
  }
}
