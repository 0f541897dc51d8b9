package dev.crossfade.lab.bench;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Runs that nobody has made. */
final class Runs {
  private static final Cpu COST = new Cpu(Map.of("service", 4_000_000L, Cpu.SELF, 1L), 5_000_000);

  private static final Memory MEMORY = new Memory(OptionalLong.empty(), 1, 1);

  private Runs() {}

  /** A million changes in that time, and half a million warm ones in a quarter of it. */
  static Measured measured(String pipeline, Phase phase, double seconds, boolean right) {
    return new Measured(
        pipeline,
        phase.title(),
        new Stretch(1_000_000, seconds, COST),
        new Stretch(1_000_000, seconds - 3, COST),
        Optional.of(new Stretch(500_000, seconds / 4, COST)),
        MEMORY,
        right);
  }

  /** A run without warm figures. */
  static Measured measured(
      String pipeline, Phase phase, double seconds, long changes, long micros) {
    Stretch whole = new Stretch(changes, seconds, new Cpu(Map.of("service", micros), micros));
    return new Measured(pipeline, phase.title(), whole, whole, Optional.empty(), MEMORY, true);
  }

  /** A window with one order that took that long. */
  static Steady.Window window(String pipeline, int rate, long micros) {
    return new Steady.Window(
        pipeline, rate, 1, 1, rate, 5L * rate, Latencies.of(micros), COST, MEMORY, true);
  }
}
