package dev.crossfade.mapping;

import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.store.Failure;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * Derives aggregates: brings the service rows of an aggregate to what its mapping says of the
 * mirror. Runs inside the caller's transaction, which holds the domain's lock. For one thread at a
 * time, but for {@link #deriveAtOnce}.
 */
public final class Derivation {
  private final Optional<DerivationAtOnce> atOnce;
  private final SteppedDerivation stepped;

  Derivation(String domain, Mirror mirror, List<TargetPlan> plans) {
    this.atOnce = DerivationAtOnce.of(mirror, plans);
    this.stepped = new SteppedDerivation(domain, mirror, List.copyOf(plans));
  }

  /**
   * Derives every target of the given aggregates: in one statement, as almost always can be done;
   * else step by step.
   *
   * @return the aggregates that could not be derived, with the reason: nothing of them was written
   * @throws SQLException what {@link Failure} does not call DATA: the transaction must be ended
   */
  public Map<AggregateId, String> derive(Connection connection, Collection<AggregateId> aggregates)
      throws SQLException {
    return deriveAtOnce(connection, aggregates) ? Map.of() : stepped.derive(connection, aggregates);
  }

  /**
   * Derives as {@link #derive} does, if one statement can. Any thread; the domain's lock may be
   * taken after it, if nothing that is derived has changed until then.
   *
   * @return whether all is derived; if not, nothing of it is
   */
  public boolean deriveAtOnce(Connection connection, Collection<AggregateId> aggregates)
      throws SQLException {
    return aggregates.isEmpty() || atOnce.isPresent() && atOnce(connection, aggregates);
  }

  /**
   * Derives as {@link #derive} does, and commits the transaction with it, in one trip to the
   * server, if nothing has to be parked.
   *
   * @return empty if it is committed; else it goes on, and these could not be derived
   */
  public Optional<Map<AggregateId, String>> deriveAndCommit(
      Connection connection, Collection<AggregateId> aggregates) throws SQLException {
    if (atOnce.isPresent()) {
      try {
        atOnce.get().deriveAndCommit(connection, aggregates);
        return Optional.empty();
      } catch (SQLException e) {
        undo(connection, e);
      }
    }
    return Optional.of(stepped.derive(connection, aggregates));
  }

  /** Whether it could be done; if not, nothing was. */
  private boolean atOnce(Connection connection, Collection<AggregateId> aggregates)
      throws SQLException {
    try {
      if (atOnce.orElseThrow().derive(connection, aggregates)) {
        return true;
      }
      DerivationAtOnce.undo(connection);
    } catch (SQLException e) {
      undo(connection, e);
    }
    return false;
  }

  /** Goes on without what was derived at once, if rows were at fault and the commit was not. */
  private static void undo(Connection connection, SQLException failure) throws SQLException {
    if (Failure.of(failure) != Failure.DATA
        || connection.unwrap(BaseConnection.class).getTransactionState() == TransactionState.IDLE) {
      throw failure;
    }
    DerivationAtOnce.undo(connection);
  }
}
