package dev.crossfade.event;

/**
 * The place of a change in the source's commit order. A row's own LSN is not commit-ordered, so it
 * only decides within a transaction; {@code base}, the END LSN of the transaction before, decides
 * between transactions; the epoch grows with every new slot or timeline. Immutable. Its parts are
 * held as numbers, since each change that waits in memory has one.
 */
public final class Position implements Comparable<Position> {
  private final int epoch;
  private final long base;
  private final long lsn;

  /**
   * @param epoch 1 or more
   * @param base END LSN of the transaction before; 0/0 for rows of a load
   * @param lsn the row's own LSN; 0/0 for rows of a load
   */
  public Position(int epoch, Lsn base, Lsn lsn) {
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch must be 1 or more, found " + epoch);
    }
    this.epoch = epoch;
    this.base = base.value();
    this.lsn = lsn.value();
  }

  /** Where the rows of an epoch's first load stand: below everything that is streamed in it. */
  public static Position ofLoad(int epoch) {
    return new Position(epoch, Lsn.ZERO, Lsn.ZERO);
  }

  public int epoch() {
    return epoch;
  }

  public Lsn base() {
    return new Lsn(base);
  }

  public Lsn lsn() {
    return new Lsn(lsn);
  }

  @Override
  public int compareTo(Position other) {
    int byEpoch = Integer.compare(epoch, other.epoch);
    int byBase = byEpoch != 0 ? byEpoch : Long.compareUnsigned(base, other.base);
    return byBase != 0 ? byBase : Long.compareUnsigned(lsn, other.lsn);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Position position && compareTo(position) == 0;
  }

  @Override
  public int hashCode() {
    return 31 * (31 * epoch + Long.hashCode(base)) + Long.hashCode(lsn);
  }

  @Override
  public String toString() {
    return "(%d, %s, %s)".formatted(epoch, base(), lsn());
  }
}
