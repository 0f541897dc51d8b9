package dev.crossfade.apply;

import dev.crossfade.mirror.AggregateId;
import dev.crossfade.store.Failure;
import dev.crossfade.store.StoreSchema;
import dev.crossfade.store.Trip;
import java.sql.SQLException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Derives aggregates that waited, in a transaction of its own: also while another part of them is
 * at work on another connection, which is to have no aggregate in common.
 */
final class Waiting implements StoreThreads.Work {
  /** A lock that the part before holds, or that has to wait for that part, is soon given up. */
  private static final String SOON = "set local lock_timeout = '200ms'";

  private static final Logger LOG = LoggerFactory.getLogger(Waiting.class);

  private final StoreSession session;
  private final StoreConnection on;
  private final Set<AggregateId> aggregates;

  /** Whether parts that are derived side by side leave each other alone, as nearly all do. */
  private final Reliance apart;

  private boolean derived;

  Waiting(StoreSession session, StoreConnection on, Set<AggregateId> aggregates, Reliance apart) {
    this.session = session;
    this.on = on;
    this.aggregates = aggregates;
    this.apart = apart;
  }

  /**
   * Derives while the part before is not committed, without the domain's lock. A row may go from an
   * aggregate of one part to one of the other, or a unique value, or one may need the other's row
   * by a foreign key: then one of the two waits for the other or fails, and this one is taken back
   * and derived in its turn. So it is whatever fails: it is seen then if it fails again.
   */
  @Override
  public void ahead() throws SQLException {
    try {
      on.trip().add(SOON).send();
      derived = session.derivation().deriveAtOnce(on.sql(), aggregates);
    } catch (SQLException e) {
      LOG.info("parts are derived one after the other for a while: {}", Failure.sentence(e));
    }
    if (derived) {
      on.waits();
    } else {
      apart.failed();
      on.rollback();
    }
  }

  @Override
  public void takeBack() throws SQLException {
    if (derived) {
      derived = false;
      apart.failed(); // the part before may have had to wait for it
      on.rollback();
    }
  }

  /** What it takes says nothing of a batch. */
  @Override
  public boolean batch() {
    return false;
  }

  @Override
  public void run() throws SQLException {
    Trip trip = on.trip();
    if (derived) {
      trip.add(StoreSchema.LOCK_TIMEOUT_AGAIN);
    }
    session.deriveWaiting(on, trip, aggregates, derived);
  }
}
