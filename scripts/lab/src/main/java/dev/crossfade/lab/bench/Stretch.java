package dev.crossfade.lab.bench;

/**
 * A stretch of a run.
 *
 * @param amount changes or rows
 * @param seconds how long it took
 * @param cpu what it cost
 */
record Stretch(long amount, double seconds, Cpu cpu) {
  /** How much a second. */
  double rate() {
    return amount / seconds;
  }

  /** Microseconds of CPU for each change or row, of everything but the benchmark itself. */
  double micros() {
    return cpu.ours() / (double) Math.max(1, amount);
  }
}
