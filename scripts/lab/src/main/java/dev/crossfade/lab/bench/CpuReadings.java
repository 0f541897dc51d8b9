package dev.crossfade.lab.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Readings of the CPU clocks over a run, in order of time, and what they were at moments between:
 * of a stretch of steady work, as far as a second is short against it. Used by one thread.
 */
final class CpuReadings {
  private record Reading(long at, Cpu cpu) {}

  private final List<Reading> readings = new ArrayList<>();

  /**
   * Adds a reading.
   *
   * @param at by System.nanoTime(), not before the last one's
   */
  void add(long at, Cpu cpu) {
    if (!readings.isEmpty() && at < last()) {
      throw new IllegalArgumentException("a reading of " + at + " follows one of " + last());
    }
    readings.add(new Reading(at, cpu));
  }

  /** The moment of the last reading. */
  long last() {
    return readings.get(readings.size() - 1).at();
  }

  /** The clocks at a moment; before the first or after the last reading, what that one says. */
  Cpu at(long moment) {
    Reading before = readings.get(0);
    for (Reading reading : readings) {
      if (reading.at() >= moment) {
        double share =
            reading.at() == before.at()
                ? 1
                : (double) (moment - before.at()) / (reading.at() - before.at());
        return before.cpu().towards(reading.cpu(), Math.max(0, share));
      }
      before = reading;
    }
    return before.cpu();
  }
}
