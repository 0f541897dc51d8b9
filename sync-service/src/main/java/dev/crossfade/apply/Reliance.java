package dev.crossfade.apply;

import java.time.Duration;

/**
 * Whether something is relied on that held so far: not for a minute after it did not. Any thread.
 */
final class Reliance {
  private static final Duration SHAKEN = Duration.ofMinutes(1);

  private volatile long from = System.nanoTime();

  boolean holds() {
    return System.nanoTime() - from >= 0;
  }

  void failed() {
    from = System.nanoTime() + SHAKEN.toNanos();
  }
}
