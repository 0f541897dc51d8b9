package dev.crossfade.mapping;

import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.store.Failure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Derives aggregates step by step, with the rows of each target in {@link Stages}: finds what a
 * mapping parks and which row is at fault, halves a batch until the guilty are alone, and moves
 * unique values in two steps. For what {@link DerivationAtOnce} cannot do. For one thread at a
 * time.
 */
final class SteppedDerivation {
  private static final String UNIQUE_VIOLATION = "23505";

  private final String domain;
  private final List<TargetPlan> plans;
  private final Stages stages;

  SteppedDerivation(String domain, Mirror mirror, List<TargetPlan> plans) {
    this.domain = domain;
    this.plans = plans;
    this.stages = new Stages(mirror, plans);
  }

  /**
   * Derives every target of the given aggregates.
   *
   * @return the aggregates that could not be derived, with the reason: nothing of them was written
   * @throws SQLException what {@link Failure} does not call DATA: the transaction must be ended
   */
  Map<AggregateId, String> derive(Connection connection, Collection<AggregateId> aggregates)
      throws SQLException {
    stages.ensure(connection);
    var parked = new LinkedHashMap<AggregateId, String>();
    attempt(connection, aggregates.stream().map(List::of).toList(), false, parked);
    return parked;
  }

  /**
   * Derives all at once; where a row is at fault, halves until the guilty are alone.
   *
   * @param groups aggregates between which rows move stand in one group, once that is known
   */
  private void attempt(
      Connection connection,
      List<List<AggregateId>> groups,
      boolean grouped,
      Map<AggregateId, String> parked)
      throws SQLException {
    List<AggregateId> aggregates = groups.stream().flatMap(List::stream).toList();
    if (aggregates.isEmpty()) {
      return;
    }
    Savepoint before = connection.setSavepoint();
    SQLException failure;
    try {
      parked.putAll(round(connection, aggregates, false));
      connection.releaseSavepoint(before);
      return;
    } catch (SQLException e) {
      failure = undo(connection, before, e);
    }
    if (UNIQUE_VIOLATION.equals(failure.getSQLState())) {
      try {
        Set<AggregateId> withHolders = new LinkedHashSet<>(aggregates);
        withHolders.addAll(waitingHolders(connection, aggregates));
        parked.putAll(round(connection, List.copyOf(withHolders), true));
        connection.releaseSavepoint(before);
        return;
      } catch (SQLException e) {
        failure = undo(connection, before, e);
      }
    }
    List<List<AggregateId>> together = groups;
    if (!grouped && groups.size() > 1) {
      try {
        together = grouped(connection, aggregates);
        connection.rollback(before);
      } catch (SQLException e) {
        undo(connection, before, e); // a SELECT is at fault: nothing can be staged yet
      }
    }
    connection.releaseSavepoint(before);
    if (together.size() == 1) {
      for (AggregateId aggregate : aggregates) {
        parked.put(aggregate, Failure.sentence(failure));
      }
      return;
    }
    int half = together.size() / 2;
    attempt(connection, together.subList(0, half), true, parked);
    attempt(connection, together.subList(half, together.size()), true, parked);
  }

  /** Puts aggregates between which rows move into one group: apart, a row would be made again. */
  private List<List<AggregateId>> grouped(Connection connection, List<AggregateId> aggregates)
      throws SQLException {
    for (TargetPlan plan : plans) {
      stages.fill(connection, plan, aggregates, new LinkedHashMap<>());
    }
    var group = new LinkedHashMap<AggregateId, List<AggregateId>>();
    aggregates.forEach(aggregate -> group.put(aggregate, new ArrayList<>(List.of(aggregate))));
    for (Map.Entry<AggregateId, Set<AggregateId>> move :
        stages.moves(connection, aggregates).entrySet()) {
      for (AggregateId to : move.getValue()) {
        List<AggregateId> one = group.get(move.getKey());
        List<AggregateId> other = group.get(to);
        if (one != other) {
          one.addAll(other);
          other.forEach(member -> group.put(member, one));
        }
      }
    }
    return List.copyOf(new LinkedHashSet<>(group.values()));
  }

  private static SQLException undo(Connection connection, Savepoint before, SQLException failure)
      throws SQLException {
    if (Failure.of(failure) != Failure.DATA) {
      throw failure;
    }
    connection.rollback(before);
    return failure;
  }

  /** One pass over all targets; {@code vacate} moves unique values in two steps. */
  private Map<AggregateId, String> round(
      Connection connection, List<AggregateId> aggregates, boolean vacate) throws SQLException {
    var parked = new LinkedHashMap<AggregateId, String>();
    var staged = new LinkedHashMap<TargetPlan, Integer>();
    for (TargetPlan plan : plans) {
      staged.put(plan, stages.fill(connection, plan, aggregates, parked));
    }
    Map<AggregateId, Set<AggregateId>> moves =
        aggregates.size() > 1 ? stages.moves(connection, aggregates) : Map.of();
    List<AggregateId> kept = aggregates;
    if (!parked.isEmpty()) {
      parkWhatMovesThere(moves, parked);
      kept = aggregates.stream().filter(a -> !parked.containsKey(a)).toList();
      for (TargetPlan plan : plans) {
        stages.drop(connection, plan, parked.keySet());
      }
    }
    // A child that moves away from a row that goes must have moved before: the store's foreign key
    // would take it along, or refuse. Otherwise what goes is deleted first, as it may hold values
    // that others want.
    boolean movers = !moves.isEmpty();
    if (!movers) {
      stages.deleteGone(connection, kept);
    }
    if (vacate) {
      for (TargetPlan plan : plans) {
        for (List<String> unique : plan.uniques().movable()) {
          stages.write(connection, plan, plan.uniques().vacate(unique));
          if (movers) {
            stages.write(
                connection, plan, plan.uniques().vacateGone(unique), TargetPlan.ids(plan, kept));
          }
        }
      }
    }
    for (TargetPlan plan : plans) {
      if (staged.get(plan) > 0) {
        stages.write(connection, plan, plan.stage().update());
        stages.write(connection, plan, plan.stage().insert());
      }
    }
    if (movers) {
      stages.deleteGone(connection, kept);
    }
    return parked;
  }

  /** A row that moves to a parked aggregate stays where it is, and so does all that is with it. */
  private static void parkWhatMovesThere(
      Map<AggregateId, Set<AggregateId>> moves, Map<AggregateId, String> parked) {
    boolean more = true;
    while (more) {
      more = false;
      for (Map.Entry<AggregateId, Set<AggregateId>> move : moves.entrySet()) {
        for (AggregateId to : move.getValue()) {
          if (parked.containsKey(to) && !parked.containsKey(move.getKey())) {
            parked.put(
                move.getKey(),
                "rows of it move to " + to.id() + ", which is parked: " + parked.get(to));
            more = true;
          }
        }
      }
    }
  }

  /** Dirty aggregates that hold a unique value which one of the given aggregates wants. */
  private Set<AggregateId> waitingHolders(Connection connection, List<AggregateId> aggregates)
      throws SQLException {
    var holders = new LinkedHashSet<AggregateId>();
    for (TargetPlan plan : plans) {
      stages.fill(connection, plan, aggregates, new LinkedHashMap<>());
      for (List<String> unique : plan.uniques().movable()) {
        var owners = new ArrayList<String>();
        try (Statement statement = connection.createStatement();
            ResultSet rows = statement.executeQuery(plan.uniques().holders(unique))) {
          while (rows.next()) {
            owners.add(rows.getString(1));
          }
        }
        if (!owners.isEmpty()) {
          holders.addAll(waiting(connection, plan, owners));
        }
      }
    }
    return holders;
  }

  private Set<AggregateId> waiting(Connection connection, TargetPlan plan, List<String> owners)
      throws SQLException {
    String sql =
        """
        select d.type, d.id from crossfade.dirty d
        where d.domain = ? and case when d.type = ? then %s::text end = any (?)
        """
            .formatted(plan.ownerOf("d.id"));
    var found = new LinkedHashSet<AggregateId>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, domain);
      statement.setString(2, AggregateId.canonical(plan.keysType()));
      statement.setArray(3, connection.createArrayOf("text", owners.toArray()));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          found.add(new AggregateId(rows.getString(1), rows.getString(2)));
        }
      }
    }
    return found;
  }
}
