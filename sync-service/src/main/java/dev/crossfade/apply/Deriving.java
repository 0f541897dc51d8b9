package dev.crossfade.apply;

import dev.crossfade.mapping.Derivation;
import dev.crossfade.mapping.Dirty;
import dev.crossfade.mirror.AggregateId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What of a domain is derived at once, what waits in the dirty table, and how much that is. Every
 * method runs inside the caller's transaction; what writes, in one that holds the domain's lock.
 * For one thread at a time; {@link #counts} for any.
 */
final class Deriving {
  /** Aggregates derived in the transaction that makes them dirty; more wait in the dirty table. */
  static final int AT_ONCE = 100_000;

  /** Aggregates that waited, derived in one transaction. */
  private static final int CHUNK = 2_000;

  private final Dirty dirty;
  private volatile Dirty.Counts counts = new Dirty.Counts(0, 0);

  /** Where among those that wait the next part begins: behind it. */
  private Optional<AggregateId> taken = Optional.empty();

  Deriving(String domain) {
    this.dirty = new Dirty(domain);
  }

  Dirty.Counts counts() {
    return counts;
  }

  /** Whether more waits than is derived in one transaction. */
  static boolean many(Dirty.Counts counts) {
    return counts.waiting() > CHUNK;
  }

  /** Asks the store how much waits. */
  void count(Connection connection) throws SQLException {
    counts = dirty.counts(connection);
  }

  /** These wait; those of them that are parked are tried again soon. */
  void add(Connection connection, Set<AggregateId> aggregates) throws SQLException {
    if (counts.parked() > 0) {
      dirty.wake(connection, aggregates);
    }
    int added = dirty.add(connection, aggregates);
    counts = new Dirty.Counts(counts.waiting() + added, counts.parked());
  }

  /**
   * Derives what was touched and ends the transaction, in one trip to the store, if nothing waits
   * and nothing has to.
   *
   * @return whether the transaction is committed; if not, all is done but for that
   */
  boolean deriveAndCommit(Connection connection, Derivation derivation, Set<AggregateId> touched)
      throws SQLException {
    Optional<Map<AggregateId, String>> parked = derivation.deriveAndCommit(connection, touched);
    if (parked.isPresent() && !parked.get().isEmpty()) {
      park(connection, parked.get());
    }
    return parked.isEmpty();
  }

  /**
   * Derives what was touched, but for what is parked or is too much at once.
   *
   * @param completed whether a transaction that was open is complete now: what it touched before
   *     waits in the dirty table
   */
  void derive(
      Connection connection, Derivation derivation, Set<AggregateId> touched, boolean completed)
      throws SQLException {
    if (!completed && touched.size() <= AT_ONCE) {
      var fresh = new LinkedHashSet<>(touched);
      if (counts.parked() > 0) {
        fresh.removeAll(dirty.wake(connection, touched));
      }
      deriveNow(connection, derivation, fresh, false);
      return;
    }
    add(connection, touched);
    Dirty.analyze(connection);
    if (completed) {
      // What the transaction touched goes together.
      Set<AggregateId> all = dirty.waiting(connection, Optional.empty(), AT_ONCE);
      if (counts.parked() > 0) {
        all.addAll(dirty.dueAgain(connection, AT_ONCE));
      }
      deriveNow(connection, derivation, all, true);
    }
  }

  /**
   * Some of what waits, in parts that may each be derived in one transaction.
   *
   * @param most how many parts at most
   */
  List<Set<AggregateId>> waiting(Connection connection, int most) throws SQLException {
    Set<AggregateId> due = next(connection, most * CHUNK);
    if (due.isEmpty() && taken.isPresent()) {
      taken = Optional.empty(); // what has come before that place, or was taken back
      due = next(connection, most * CHUNK);
    }
    if (due.isEmpty()) {
      due = dirty.dueAgain(connection, most * CHUNK);
    }
    var parts = new ArrayList<Set<AggregateId>>();
    for (AggregateId aggregate : due) {
      if (parts.isEmpty() || parts.get(parts.size() - 1).size() == CHUNK) {
        parts.add(new LinkedHashSet<>());
      }
      parts.get(parts.size() - 1).add(aggregate);
    }
    return parts;
  }

  private Set<AggregateId> next(Connection connection, int limit) throws SQLException {
    Set<AggregateId> next = dirty.waiting(connection, taken, limit);
    for (AggregateId aggregate : next) {
      taken = Optional.of(aggregate);
    }
    return next;
  }

  /**
   * Derives aggregates that waited.
   *
   * @param derived whether they were derived in this transaction
   */
  void deriveWaiting(
      Connection connection, Derivation derivation, Set<AggregateId> due, boolean derived)
      throws SQLException {
    if (derived) {
      settle(connection, due, Map.of(), true);
    } else {
      deriveNow(connection, derivation, due, true);
    }
  }

  private void deriveNow(
      Connection connection,
      Derivation derivation,
      Set<AggregateId> aggregates,
      boolean inDirtyTable)
      throws SQLException {
    if (aggregates.isEmpty()) {
      return;
    }
    settle(connection, aggregates, derivation.derive(connection, aggregates), inDirtyTable);
  }

  private void settle(
      Connection connection,
      Collection<AggregateId> aggregates,
      Map<AggregateId, String> parked,
      boolean inDirtyTable)
      throws SQLException {
    int removed = 0;
    if (!counts.none() || inDirtyTable) {
      removed =
          dirty.remove(
              connection, aggregates.stream().filter(a -> !parked.containsKey(a)).toList());
    }
    if (parked.isEmpty() && counts.parked() == 0) {
      counts = new Dirty.Counts(Math.max(0, counts.waiting() - removed), 0);
    } else {
      park(connection, parked);
    }
  }

  private void park(Connection connection, Map<AggregateId, String> parked) throws SQLException {
    dirty.park(connection, parked);
    count(connection);
  }
}
