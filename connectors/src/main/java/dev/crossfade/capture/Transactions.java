package dev.crossfade.capture;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import java.time.Instant;
import java.util.Optional;

/**
 * Knows which transaction the stream is in, and so the position of each of its rows. Positions are
 * the same at every delivery only if transactions come one after another and whole; anything else
 * ends the generation. For one thread.
 */
final class Transactions {
  private final int epoch;
  private final Lsn published;
  private final Optional<Instant> publishedAt;
  private Lsn base;
  private Lsn lastRow = Lsn.ZERO;
  private String open = "";

  /**
   * @param base where the stream begins: the END of a transaction
   * @param published END of the last transaction that was captured before, 0/0 if that is not
   *     known; what is delivered again must have an END right there
   * @param publishedAt when that transaction was committed, empty if that is not known
   */
  Transactions(int epoch, Lsn base, Lsn published, Optional<Instant> publishedAt) {
    this.publishedAt = publishedAt;
    this.epoch = epoch;
    this.base = base;
    this.published = published;
  }

  int epoch() {
    return epoch;
  }

  /**
   * Whether what comes was captured before, or ought to have been: until the END of the last that
   * was captured comes, the log may be another one.
   */
  boolean again() {
    return base.compareTo(published) < 0;
  }

  void begin(String xid) {
    if (!open.isEmpty()) {
      throw broken("BEGIN of transaction " + xid + " inside transaction " + open);
    }
    if (xid.isEmpty()) {
      throw broken("BEGIN of a transaction without an id");
    }
    open = xid;
    lastRow = Lsn.ZERO;
  }

  Position row(String xid, Lsn lsn) {
    if (!xid.equals(open)) {
      throw broken("a row of transaction \"" + xid + "\" inside \"" + open + "\"");
    }
    if (lsn.compareTo(lastRow) < 0) {
      throw broken("a row at " + lsn + " after one at " + lastRow + " of transaction " + xid);
    }
    lastRow = lsn;
    return new Position(epoch, base, lsn);
  }

  void end(String xid, Lsn end, Instant committed) {
    if (open.isEmpty() || !xid.equals(open)) {
      throw broken("END of transaction \"" + xid + "\" inside \"" + open + "\"");
    }
    if (end.compareTo(base) <= 0) {
      throw broken("END at " + end + " after one at " + base);
    }
    boolean there = end.equals(published) && publishedAt.map(committed::equals).orElse(true);
    if (again() && end.compareTo(published) >= 0 && !there) {
      throw new Gap(
          "the source's log has not the transaction that ends at "
              + published
              + ", which was captured: the source was restored from an older copy and has gone"
              + " another way since; ask for a new load of the source, which makes the stores"
              + " complete again",
          true);
    }
    open = "";
    base = end;
  }

  private static IllegalStateException broken(String what) {
    return new IllegalStateException(
        "the stream is not whole transactions one after another: " + what);
  }
}
