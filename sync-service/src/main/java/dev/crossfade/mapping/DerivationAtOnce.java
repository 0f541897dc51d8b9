package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.domain.Target;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.store.Elements;
import dev.crossfade.store.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/**
 * Derives all targets of a domain in one statement: computes the rows, deletes what is no longer
 * derived, updates what differs, inserts what is new, in this order. The server checks foreign keys
 * when the statement ends, so the order of the tables does not matter. The same statement counts
 * what it must not decide alone: parked rows, rows that ought to be there, and rows that it could
 * not write; then it has to be undone. Any thread, each with its own connection.
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

  /**
   * What a server's log says if an aggregate has to be parked, or somebody else writes its rows.
   */
  private static final String NOT_DONE = "crossfade derives this batch step by step instead";

  private final List<TargetPlan> plans;

  /** Returns whether all is done. */
  private final String statement;

  /** Fails if not all is done, so that what is behind it, a commit, is not executed. */
  private final String insisting;

  private final boolean suppress;

  private DerivationAtOnce(List<TargetPlan> plans, String parts, String done, boolean suppress) {
    this.plans = plans;
    this.statement = "%s\nselect %s".formatted(parts, done);
    this.insisting =
        "%s\nselect case when done then done else cast('%s' || left(done::text, 0) as boolean) end from (\nselect %s as done offset 0) d"
            .formatted(parts, NOT_DONE, done);
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
        new DerivationAtOnce(
            List.copyOf(plans), parts(plans), done(mirror, plans), suppressed > 0));
  }

  /**
   * @return false if something was found that asks for more steps: {@link #undo} then
   * @throws SQLException also if a row is at fault: {@link #undo} then as well
   */
  boolean derive(Connection connection, Collection<AggregateId> aggregates) throws SQLException {
    var done = new AtomicBoolean();
    Trip trip = trip(connection, aggregates, statement, done);
    trip.send();
    if (done.get() && suppress) {
      execute(connection, ORIGIN);
    }
    return done.get();
  }

  /**
   * Derives and commits the transaction.
   *
   * @throws SQLException if something was found that asks for more steps or a row is at fault, and
   *     the transaction is still there: {@link #undo} then
   */
  void deriveAndCommit(Connection connection, Collection<AggregateId> aggregates)
      throws SQLException {
    Trip trip = trip(connection, aggregates, insisting, new AtomicBoolean());
    if (suppress) {
      trip.add(ORIGIN); // a trigger that is deferred to the commit is none of ours
    }
    trip.add("commit").send();
  }

  private Trip trip(
      Connection connection, Collection<AggregateId> aggregates, String sql, AtomicBoolean done)
      throws SQLException {
    var trip = new Trip(connection).add("savepoint " + SAVEPOINT);
    if (suppress) {
      trip.add(REPLICA);
    }
    if (aggregates.size() > SMALL) {
      trip.planned();
    } else {
      trip.add(ONE_PLAN);
    }
    return trip.add(
        sql,
        (derivation, at) -> keys(derivation, at, aggregates),
        1,
        row -> done.set(row.next() && row.getBoolean(1)));
  }

  private int keys(PreparedStatement derivation, int first, Collection<AggregateId> aggregates)
      throws SQLException {
    Connection connection = derivation.getConnection();
    int at = first;
    for (TargetPlan plan : plans) {
      List<String> ids = List.of(TargetPlan.ids(plan, aggregates));
      for (int i = 0; i < plan.select().parameters(); i++) {
        derivation.setArray(at++, Elements.of(connection, plan.keysType(), ids));
      }
      derivation.setArray(at++, Elements.of(connection, plan.idsType(), ids));
    }
    return at;
  }

  /** Takes back all that was derived in this transaction, and lets it go on. */
  static void undo(Connection connection) throws SQLException {
    execute(connection, "rollback to savepoint " + SAVEPOINT);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  /** Everything that is written. */
  private static String parts(List<TargetPlan> plans) {
    List<String> parts = new ArrayList<>();
    for (int n : places(plans)) {
      parts.add("%s as materialized (%s)".formatted(derived(n), plans.get(n).changes().derived()));
      parts.add(
          "%s as (select k from unnest(?::%s[]) as k)".formatted(ids(n), plans.get(n).idsType()));
    }
    for (int n : places(plans)) {
      parts.add(
          "%s as materialized (%s)"
              .formatted(
                  changes(n), plans.get(n).changes().changed(derived(n), owners(plans.get(n), n))));
      parts.add(
          "%s as (%s returning 1)"
              .formatted(deleted(n), plans.get(n).changes().delete(changes(n))));
    }
    List<String> before = new ArrayList<>(places(plans).stream().map(n -> deleted(n)).toList());
    String deletes = counts(before);
    for (int n : places(plans)) {
      String update = plans.get(n).changes().update(changes(n));
      if (!update.isEmpty()) {
        parts.add("%s as (%s and %s >= 0 returning 1)".formatted(updated(n), update, deletes));
        before.add(updated(n));
      }
    }
    for (int n : places(plans)) {
      parts.add(
          "%s as (%s and %s >= 0)"
              .formatted(
                  name("crossfade inserted " + n),
                  plans.get(n).changes().insert(changes(n)),
                  counts(before)));
    }
    return "with " + String.join(",\n", parts);
  }

  /** The condition that all is done. */
  private static String done(Mirror mirror, List<TargetPlan> plans) {
    List<String> done = new ArrayList<>();
    for (int n : places(plans)) {
      List<String> placed = new ArrayList<>(List.of(deleted(n)));
      if (!plans.get(n).changes().update(changes(n)).isEmpty()) {
        placed.add(updated(n));
      }
      done.add("%s = (%s)".formatted(counts(placed), ChangesSql.placed(changes(n))));
      done.addAll(conditions(mirror, plans.get(n), n));
    }
    return String.join(" and ", done);
  }

  private static List<Integer> places(List<TargetPlan> plans) {
    return IntStream.range(0, plans.size()).boxed().toList();
  }

  private static String deleted(int n) {
    return name("crossfade deleted " + n);
  }

  private static String updated(int n) {
    return name("crossfade updated " + n);
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
                    "(select count(*) from %s m where m.%s = any (array(select k::text::%s from %s))) <= (select count(*) from %s)"
                        .formatted(
                            mirror.tableOf(per).orElseThrow(),
                            name(mirror.aggregateOf(per).orElseThrow()),
                            mirror.aggregateTypes().get(per),
                            ids(n),
                            derived(n))));
    return conditions;
  }
}
