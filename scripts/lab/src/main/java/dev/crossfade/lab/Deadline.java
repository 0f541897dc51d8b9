package dev.crossfade.lab;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** A point in time that a wait must not pass. */
public final class Deadline {
  private final long end;

  private Deadline(long end) {
    this.end = end;
  }

  public static Deadline in(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos());
  }

  public boolean passed() {
    return System.nanoTime() - end >= 0;
  }

  /** Polls until the condition holds; false if the deadline passed first. */
  public boolean await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      if (passed() || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(10_000_000);
    }
    return true;
  }
}
