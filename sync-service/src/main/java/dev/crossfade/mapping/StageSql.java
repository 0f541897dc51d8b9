package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import java.util.List;

/**
 * The statements that derive one target step by step. The rows of its SELECT are first staged in a
 * temporary table of the target's own types, so that they are computed once, and compared after the
 * cast that an INSERT would do. Immutable.
 */
record StageSql(TargetPlan plan) {
  /** The stage, as all statements name it. */
  String table() {
    return "pg_temp." + unqualified();
  }

  private String unqualified() {
    return name("crossfade stage " + plan.target().table());
  }

  List<String> create() {
    return List.of(
        "drop table if exists " + table(),
        "create temp table %s on commit delete rows as select %s, null::text as %s from %s with no data"
            .formatted(
                unqualified(),
                TargetPlan.list(plan.columns()),
                name(TargetPlan.PARKED),
                plan.table()),
        "create index on %s (%s)".formatted(table(), TargetPlan.list(plan.target().key())),
        "create index on %s (%s)".formatted(table(), plan.aggregate()));
  }

  /** Parameters: the keys, once for each parameter of the SELECT. */
  String fill() {
    return "insert into %s (%s, %s) select %s, %s from (%s) q"
        .formatted(
            table(),
            TargetPlan.list(plan.columns()),
            name(TargetPlan.PARKED),
            plan.columns().stream().map(c -> "q." + name(c)).collect(joining(", ")),
            plan.parks() ? "q." + name(TargetPlan.PARK) + "::text" : "null",
            plan.select().sql());
  }

  String empty() {
    return "delete from " + table();
  }

  /** Returns (aggregate's id in the source, reason). Parameter: the ids as text. */
  String parked() {
    return """
        with p as materialized (select %1$s as owner, %2$s as reason from %3$s where %2$s is not null)
        select k, min(p.reason) from p join %4$s on o.owner = p.owner group by k
        """
        .formatted(plan.aggregate(), name(TargetPlan.PARKED), table(), plan.owners());
  }

  /** Parameter: the ids as text of aggregates that are not to be written. */
  String dropParked() {
    return "delete from %s s using %s where s.%s = o.owner"
        .formatted(table(), plan.owners(), plan.aggregate());
  }

  /**
   * Returns (id, driving rows, derived rows) where an aggregate derives fewer rows than it has
   * driving rows. Parameters: the ids as text, twice.
   */
  String missing(String driving, String drivingAggregate, String drivingType) {
    return """
        select d.k, d.n, coalesce(s.n, 0) from
          (select m.%2$s::text as k, count(*) as n from %1$s m
           where m.%2$s = any (?::text[]::%3$s[]) group by 1) d
          left join (select o.k, count(*) as n from %4$s join %5$s s on s.%6$s = o.owner group by 1) s using (k)
        where coalesce(s.n, 0) < d.n
        """
        .formatted(
            driving, name(drivingAggregate), drivingType, plan.owners(), table(), plan.aggregate());
  }

  /** Deletes rows of the aggregates that are no longer derived. Parameter: the ids as text. */
  String deleteGone() {
    return "delete from %s t where %s".formatted(plan.table(), gone());
  }

  /** Which rows t of the service table are no longer derived. Parameter: the ids as text. */
  String gone() {
    return "t.%s = any (array(select o.owner from %s)) and not exists (select from %s s where %s)%s"
        .formatted(
            plan.aggregate(),
            plan.owners(),
            table(),
            plan.keyMatch(),
            plan.target().rows().map(rows -> " and (" + rows + ")").orElse(""));
  }

  /** Updates rows that differ, never those that do not. */
  String update() {
    List<String> written = plan.written();
    if (written.isEmpty()) {
      return "";
    }
    return "update %s as t set %s from %s where %s and (%s) is distinct from (%s)"
        .formatted(
            plan.table(),
            TargetPlan.assigned(written),
            sought(),
            found(),
            plan.compared("t", written),
            plan.compared("s", written));
  }

  /**
   * Returns (id, id): from which aggregate to which staged rows move. Parameters: the ids as text,
   * twice.
   */
  String moves() {
    return """
        with m as materialized (
          select distinct t.%1$s as source, s.%1$s as destination from %2$s t join %3$s on %4$s
          where t.%1$s is distinct from s.%1$s)
        select a.k, b.k from m join (select * from %5$s) a on a.owner = m.source
        join (select * from %5$s) b on b.owner = m.destination
        """
        .formatted(plan.aggregate(), plan.table(), sought(), plan.keyMatch(), plan.owners());
  }

  String insert() {
    return "insert into %s (%s) select %s from %s where not exists (select from %s t where %s)"
        .formatted(
            plan.table(),
            TargetPlan.list(plan.columns()),
            plan.columns().stream().map(c -> "s." + name(c)).collect(joining(", ")),
            sought(),
            plan.table(),
            found());
  }

  /**
   * The derived rows, with a number of rows that the server has to believe in, as it has no way to
   * know it. It follows from the target's key how they find their rows in the service table: {@link
   * #found}.
   *
   * <p>Without more, the server might read the whole service table for ten rows, or all rows of an
   * aggregate once for each of them. A list of keys would be searched once for each row.
   */
  private String sought() {
    if (aggregateInKey()) {
      // Many: it reads the rows of the aggregates once. A series whose end it does not know when it
      // plans is one of a thousand rows for it.
      return "(select x.* from %s x, generate_series(1, (select 1)) offset 0) s".formatted(table());
    }
    // Few: it looks each of them up by the key. Both conditions are always true. Of an equality
    // with an expression, which has no statistics, it believes that one row in two hundred has it.
    String keys = plan.target().key().stream().map(k -> "x." + name(k)).collect(joining(", "));
    return "(select x.* from %1$s x where num_nulls(%2$s) + num_nonnulls(%2$s) = %3$d and num_nonnulls(%2$s) + num_nulls(%2$s) = %3$d) s"
        .formatted(table(), keys, plan.target().key().size());
  }

  /** Whether row t of the service table has the key of the derived row s. */
  private String found() {
    return aggregateInKey()
        ? "%1$s and t.%2$s = any (array(select distinct x.%2$s from %3$s x))"
            .formatted(plan.keyMatch(), plan.aggregate(), table())
        : plan.keyMatch();
  }

  /**
   * A key that begins with the aggregate's id, as a child's often does: an index of the ids alone
   * would then look as good to the server as the key's.
   */
  private boolean aggregateInKey() {
    return plan.target().key().size() > 1 && !plan.rowsMove();
  }
}
