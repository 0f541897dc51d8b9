package dev.crossfade.event;

import java.util.Comparator;

/**
 * The place of a record in a topic as capture numbered it, independent of Kafka's offsets (a
 * redelivered record has a new offset).
 *
 * @param generation which connection of capture sent it; grows
 * @param sequence 0, 1, 2 … within the generation and topic, without holes
 */
public record Stamp(long generation, long sequence) implements Comparable<Stamp> {
  private static final Comparator<Stamp> ORDER =
      Comparator.comparingLong(Stamp::generation).thenComparingLong(Stamp::sequence);

  public Stamp {
    if (generation < 1 || sequence < 0) {
      throw new IllegalArgumentException(
          "a stamp is (1 or more, 0 or more), found (" + generation + ", " + sequence + ")");
    }
  }

  @Override
  public int compareTo(Stamp other) {
    return ORDER.compare(this, other);
  }
}
