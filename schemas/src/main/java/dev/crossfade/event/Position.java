package dev.crossfade.event;

import java.util.Comparator;

/**
 * The place of a change in the source's commit order. A row's own LSN is not commit-ordered, so it
 * only decides within a transaction; {@code base}, the END LSN of the transaction before, decides
 * between transactions; the epoch grows with every new slot or timeline.
 *
 * @param epoch 1 or more
 * @param base END LSN of the transaction before; 0/0 for rows of a load
 * @param lsn the row's own LSN; 0/0 for rows of a load
 */
public record Position(int epoch, Lsn base, Lsn lsn) implements Comparable<Position> {
  private static final Comparator<Position> ORDER =
      Comparator.comparingInt(Position::epoch)
          .thenComparing(Position::base)
          .thenComparing(Position::lsn);

  public Position {
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch must be 1 or more, found " + epoch);
    }
  }

  /** Where the rows of an epoch's first load stand: below everything that is streamed in it. */
  public static Position ofLoad(int epoch) {
    return new Position(epoch, Lsn.ZERO, Lsn.ZERO);
  }

  @Override
  public int compareTo(Position other) {
    return ORDER.compare(this, other);
  }
}
