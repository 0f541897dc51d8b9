package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.domain.Target;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.postgresql.PGStatement;

/**
 * Derives all targets of a domain in one statement: computes the rows, deletes what is no longer
 * derived, updates what differs, inserts what is new, in this order. The server checks foreign keys
 * when the statement ends, so the order of the tables does not matter. The same statement counts
 * what it must not decide alone: parked rows, rows that ought to be there, and rows that it could
 * not write; then it has to be undone. Owned by the thread that applies the domain.
 *
 * <p>What has to come before it travels with it, as a trip to the server costs more than that.
 */
final class DerivationAtOnce {
  /**
   * Up to so many aggregates the server uses one plan again and again. It would suit a large batch
   * badly, as the server does not know then how many keys there are.
   */
  private static final int SMALL = 64;

  private static final String SAVEPOINT = "crossfade_derivation";
  private static final String REPLICA = "set local session_replication_role = replica";
  private static final String ORIGIN = "set local session_replication_role = origin";

  /**
   * Left to itself the server plans for a handful of keys each time, as it takes its one plan to be
   * made for ten and so to cost more: planning is then a quarter of what a small batch costs.
   */
  private static final String ONE_PLAN = "set local plan_cache_mode = force_generic_plan";

  private final List<TargetPlan> plans;

  /** Of few aggregates, and of many: other texts, as the driver keeps to what it did with one. */
  private final Trip few;

  private final Trip many;
  private final boolean suppress;

  /**
   * What goes to the server at once.
   *
   * @param before how many statements come before the one that derives
   */
  private record Trip(int before, String sql) {
    static Trip of(List<String> before, String statement) {
      return new Trip(before.size(), String.join(";\n", before) + ";\n" + statement);
    }
  }

  private DerivationAtOnce(List<TargetPlan> plans, String statement, boolean suppress) {
    this.plans = plans;
    List<String> before = new ArrayList<>(List.of("savepoint " + SAVEPOINT));
    if (suppress) {
      before.add(REPLICA);
    }
    this.many = Trip.of(before, statement);
    before.add(ONE_PLAN);
    this.few = Trip.of(before, statement);
    this.suppress = suppress;
  }

  /** Empty if one statement cannot do for these targets what they ask for. */
  static Optional<DerivationAtOnce> of(Mirror mirror, List<TargetPlan> plans) {
    long suppressed =
        plans.stream().filter(p -> p.target().triggers() == Target.Triggers.SUPPRESS).count();
    boolean alike = suppressed == 0 || suppressed == plans.size();
    boolean once = plans.stream().map(p -> p.target().table()).distinct().count() == plans.size();
    if (plans.isEmpty()
        || !alike
        || !once
        || !plans.stream().allMatch(p -> p.changes().castable())) {
      return Optional.empty();
    }
    return Optional.of(
        new DerivationAtOnce(List.copyOf(plans), statement(mirror, plans), suppressed > 0));
  }

  /**
   * @return false if something was found that asks for more steps: {@link #undo} then
   * @throws SQLException also if a row is at fault: {@link #undo} then as well
   */
  boolean derive(Connection connection, Collection<AggregateId> aggregates) throws SQLException {
    boolean done;
    Trip trip = aggregates.size() > SMALL ? many : few;
    try (PreparedStatement statement = connection.prepareStatement(trip.sql())) {
      if (trip == many) {
        statement.unwrap(PGStatement.class).setPrepareThreshold(0);
      }
      int at = 1;
      for (TargetPlan plan : plans) {
        String[] ids = TargetPlan.ids(plan, aggregates);
        for (int i = 0; i < plan.select().parameters(); i++) {
          statement.setArray(at++, connection.createArrayOf(plan.keysType(), ids));
        }
        statement.setArray(at++, connection.createArrayOf("text", ids));
      }
      statement.execute();
      for (int i = 0; i < trip.before(); i++) {
        statement.getMoreResults();
      }
      try (ResultSet row = statement.getResultSet()) {
        row.next();
        done = row.getBoolean(1);
      }
    }
    if (done && suppress) {
      execute(connection, ORIGIN);
    }
    return done;
  }

  /** Takes back all that {@link #derive} did in this transaction, and lets it go on. */
  static void undo(Connection connection) throws SQLException {
    execute(connection, "rollback to savepoint " + SAVEPOINT);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  private static String statement(Mirror mirror, List<TargetPlan> plans) {
    List<Integer> places = IntStream.range(0, plans.size()).boxed().toList();
    List<String> parts = new ArrayList<>();
    for (int n : places) {
      parts.add("%s as materialized (%s)".formatted(derived(n), plans.get(n).changes().derived()));
      parts.add("%s as (select k from unnest(?::text[]) as k)".formatted(ids(n)));
    }
    List<String> deletes = new ArrayList<>();
    for (int n : places) {
      deletes.add(name("crossfade deleted " + n));
      parts.add(
          "%s as materialized (%s)"
              .formatted(
                  changes(n), plans.get(n).changes().changed(derived(n), owners(plans.get(n), n))));
      parts.add(
          "%s as (%s returning 1)"
              .formatted(deletes.get(n), plans.get(n).changes().delete(changes(n))));
    }
    List<String> updates = new ArrayList<>();
    List<String> good = new ArrayList<>();
    for (int n : places) {
      String update = plans.get(n).changes().update(changes(n));
      List<String> placed = new ArrayList<>(List.of(deletes.get(n)));
      if (!update.isEmpty()) {
        String name = name("crossfade updated " + n);
        updates.add(name);
        placed.add(name);
        parts.add("%s as (%s and %s >= 0 returning 1)".formatted(name, update, counts(deletes)));
      }
      good.add("%s = (%s)".formatted(counts(placed), ChangesSql.placed(changes(n))));
    }
    List<String> before = Stream.concat(deletes.stream(), updates.stream()).toList();
    for (int n : places) {
      parts.add(
          "%s as (%s and %s >= 0)"
              .formatted(
                  name("crossfade inserted " + n),
                  plans.get(n).changes().insert(changes(n)),
                  counts(before)));
      good.addAll(conditions(mirror, plans.get(n), n));
    }
    return "with %s\nselect %s".formatted(String.join(",\n", parts), String.join(" and ", good));
  }

  private static String derived(int n) {
    return name("crossfade derived " + n);
  }

  private static String changes(int n) {
    return name("crossfade changed " + n);
  }

  private static String ids(int n) {
    return name("crossfade ids " + n);
  }

  private static String owners(TargetPlan plan, int n) {
    return "select (%s)::%s from %s"
        .formatted(plan.target().owner().orElse("k"), plan.ownerType(), ids(n));
  }

  /** How many rows these parts wrote; known once they have been executed to their end. */
  private static String counts(List<String> parts) {
    return parts.stream()
        .map(part -> "(select count(*) from " + part + ")")
        .collect(joining(" + "));
  }

  /** What has to be so of one target. */
  private static List<String> conditions(Mirror mirror, TargetPlan plan, int n) {
    List<String> conditions = new ArrayList<>();
    if (plan.parks()) {
      conditions.add(
          "not exists (select from %s where %s is not null)"
              .formatted(derived(n), name(TargetPlan.PARKED)));
    }
    plan.target()
        .per()
        .ifPresent(
            per ->
                conditions.add(
                    "(select count(*) from %s m where m.%s = any (array(select k::%s from %s))) <= (select count(*) from %s)"
                        .formatted(
                            mirror.tableOf(per).orElseThrow(),
                            name(mirror.aggregateOf(per).orElseThrow()),
                            mirror.aggregateTypes().get(per),
                            ids(n),
                            derived(n))));
    return conditions;
  }
}
