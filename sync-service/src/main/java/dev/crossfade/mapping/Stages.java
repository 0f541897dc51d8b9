package dev.crossfade.mapping;

import dev.crossfade.domain.Target;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.store.Quote;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The derived rows of a domain's targets in temporary tables of a connection, and what is found and
 * written from there. For one thread at a time.
 */
final class Stages {
  private final Mirror mirror;
  private final List<TargetPlan> plans;

  /**
   * The connections that have the stages; they are made when they are needed for the first time.
   */
  private final Set<Connection> staged = Collections.newSetFromMap(new IdentityHashMap<>());

  Stages(Mirror mirror, List<TargetPlan> plans) {
    this.mirror = mirror;
    this.plans = plans;
  }

  /** Whatever the savepoints of one derivation undo, the stages stay. */
  void ensure(Connection connection) throws SQLException {
    if (!staged.contains(connection)) {
      try (Statement statement = connection.createStatement()) {
        for (TargetPlan plan : plans) {
          for (String sql : plan.stage().create()) {
            statement.execute(sql);
          }
        }
      }
      staged.add(connection);
    }
  }

  /** Runs the SELECT of a target into its stage, and finds what it parks. Returns the rows. */
  int fill(
      Connection connection,
      TargetPlan plan,
      List<AggregateId> aggregates,
      Map<AggregateId, String> parked)
      throws SQLException {
    update(connection, plan.stage().empty());
    List<AggregateId> taken = aggregates.stream().filter(plan::takes).toList();
    String[] ids = TargetPlan.ids(plan, taken);
    if (ids.length == 0) {
      return 0;
    }
    int rows;
    try (PreparedStatement fill = connection.prepareStatement(plan.stage().fill())) {
      for (int i = 1; i <= plan.select().parameters(); i++) {
        fill.setArray(i, connection.createArrayOf(plan.keysType(), ids));
      }
      rows = fill.executeUpdate();
    }
    if (plan.parks() && rows > 0) {
      reasons(connection, plan.stage().parked(), ids)
          .forEach((id, reason) -> park(parked, taken, id, reason));
    }
    if (plan.target().per().isPresent()) {
      findMissing(connection, plan, taken, ids, rows, parked);
    }
    return rows;
  }

  /** A row-for-row target that derives fewer rows than it has driving rows must not delete any. */
  private void findMissing(
      Connection connection,
      TargetPlan plan,
      List<AggregateId> taken,
      String[] ids,
      int derived,
      Map<AggregateId, String> parked)
      throws SQLException {
    var per = plan.target().per().orElseThrow();
    String table = mirror.tableOf(per).orElseThrow();
    String column = mirror.aggregateOf(per).orElseThrow();
    String type = mirror.aggregateTypes().get(per);
    String count =
        "select count(*) from %s m where m.%s = any (?::text[]::%s[])"
            .formatted(table, Quote.name(column), type);
    try (PreparedStatement statement = connection.prepareStatement(count)) {
      statement.setArray(1, connection.createArrayOf("text", ids));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        if (row.getLong(1) <= derived) {
          return;
        }
      }
    }
    try (PreparedStatement statement =
        connection.prepareStatement(plan.stage().missing(table, column, type))) {
      statement.setArray(1, connection.createArrayOf("text", ids));
      statement.setArray(2, connection.createArrayOf("text", ids));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          park(
              parked,
              taken,
              rows.getString(1),
              "%s derives %d row(s) from the %d of %s"
                  .formatted(plan.target().table(), rows.getLong(3), rows.getLong(2), per));
        }
      }
    }
  }

  private static void park(
      Map<AggregateId, String> parked, List<AggregateId> taken, String id, String reason) {
    for (AggregateId aggregate : taken) {
      if (aggregate.id().equals(id)) {
        parked.putIfAbsent(aggregate, reason);
      }
    }
  }

  /** From which of the aggregates staged rows move to which, as far as both are among them. */
  Map<AggregateId, Set<AggregateId>> moves(Connection connection, List<AggregateId> aggregates)
      throws SQLException {
    var moves = new LinkedHashMap<AggregateId, Set<AggregateId>>();
    for (TargetPlan plan : plans) {
      if (!plan.rowsMove()) {
        continue;
      }
      var byId = new LinkedHashMap<String, AggregateId>();
      aggregates.stream().filter(plan::takes).forEach(a -> byId.put(a.id(), a));
      String[] ids = byId.keySet().toArray(String[]::new);
      try (PreparedStatement statement = connection.prepareStatement(plan.stage().moves())) {
        statement.setArray(1, connection.createArrayOf("text", ids));
        statement.setArray(2, connection.createArrayOf("text", ids));
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            moves
                .computeIfAbsent(byId.get(rows.getString(1)), a -> new LinkedHashSet<>())
                .add(byId.get(rows.getString(2)));
          }
        }
      }
    }
    return moves;
  }

  /** Deletes what is no longer derived, children first. */
  void deleteGone(Connection connection, List<AggregateId> aggregates) throws SQLException {
    for (int i = plans.size() - 1; i >= 0; i--) {
      String[] ids = TargetPlan.ids(plans.get(i), aggregates);
      if (ids.length > 0) {
        write(connection, plans.get(i), plans.get(i).stage().deleteGone(), ids);
      }
    }
  }

  /** Takes the rows of aggregates that are not to be written out of a stage. */
  void drop(Connection connection, TargetPlan plan, Collection<AggregateId> aggregates)
      throws SQLException {
    update(connection, plan.stage().dropParked(), TargetPlan.ids(plan, aggregates));
  }

  /** Writes to a target as its trigger policy says. */
  void write(Connection connection, TargetPlan plan, String sql, String[]... ids)
      throws SQLException {
    if (sql.isEmpty()) {
      return;
    }
    boolean suppress = plan.target().triggers() == Target.Triggers.SUPPRESS;
    if (suppress) {
      update(connection, "set local session_replication_role = replica");
    }
    update(connection, sql, ids);
    if (suppress) {
      update(connection, "set local session_replication_role = origin");
    }
  }

  private static void update(Connection connection, String sql, String[]... ids)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < ids.length; i++) {
        statement.setArray(i + 1, connection.createArrayOf("text", ids[i]));
      }
      statement.executeUpdate();
    }
  }

  private static Map<String, String> reasons(Connection connection, String sql, String[] ids)
      throws SQLException {
    var reasons = new LinkedHashMap<String, String>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", ids));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          reasons.put(rows.getString(1), rows.getString(2));
        }
      }
    }
    return reasons;
  }
}
