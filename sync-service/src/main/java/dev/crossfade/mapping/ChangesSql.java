package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.stream.Stream;

/**
 * The parts of the statement that derives all targets at once, for one of them: what is derived,
 * which rows have to change for that, and their writes. Immutable.
 */
record ChangesSql(TargetPlan plan) {
  /** In rows that have to change: where the row is, and in which part of a partitioned table. */
  private static final String PLACE = "crossfade place";

  private static final String PART = "crossfade part";

  /**
   * Which version of the row was there. If a row has changed meanwhile, a server before
   * PostgreSQL's commit dee21ea6 (2025, also in minor releases) does not look again at what is said
   * of its place, and would write the new version.
   */
  private static final String VERSION = "crossfade version";

  /** The same: whether it is derived, or not derived any more, and whether the target owns it. */
  private static final String DERIVED = "crossfade derived";

  private static final String GONE = "crossfade gone";
  private static final String OWN = "crossfade own";

  /**
   * The rows that the SELECT derives, each value as the target's column would hold it. Parameters:
   * the keys, once for each parameter of the SELECT. For {@link #castable} targets only.
   */
  String derived() {
    return "select %s, %s as %s from (%s) q"
        .formatted(
            plan.columns().stream()
                .map(c -> "cast(q.%1$s as %2$s) as %1$s".formatted(name(c), castType(c)))
                .collect(joining(", ")),
            plan.parks() ? "q." + name(TargetPlan.PARK) + "::text" : "null::text",
            name(TargetPlan.PARKED),
            plan.select().sql());
  }

  private String castType(String column) {
    return plan.catalog().column(column).orElseThrow().castType().orElseThrow();
  }

  /** Whether a cast of each derived value is what an INSERT would make of it. */
  boolean castable() {
    return plan.columns().stream()
        .allMatch(
            c -> plan.catalog().column(c).flatMap(TargetTable.TargetColumn::castType).isPresent());
  }

  /**
   * The rows of the given aggregates that have to change, each with its place in the service table:
   * {@link #delete}, {@link #update} and {@link #insert} do it. What is there is read once, by
   * aggregate, and no row is looked up by its key.
   *
   * @param derived where the derived rows are
   * @param owners a SELECT of the aggregates, as the target knows them
   */
  String changed(String derived, String owners) {
    List<String> written = plan.written();
    String differs =
        written.isEmpty()
            ? ""
            : " or s.%s and (%s) is distinct from (%s)"
                .formatted(name(DERIVED), plan.compared("t", written), plan.compared("s", written));
    return """
        select t.%1$s, t.%2$s, t.%15$s, s.%3$s is null as %4$s, %5$s
        from (select %14$s, t.ctid as %1$s, t.tableoid as %2$s, t.xmin as %15$s, %6$s as %7$s from %8$s t
              where t.%9$s = any (array(%10$s))) t
        full join (select x.*, true as %3$s from %11$s x) s on %12$s
        where t.%1$s is null or s.%3$s is null and t.%7$s%13$s
        """
        .formatted(
            name(PLACE),
            name(PART),
            name(DERIVED),
            name(GONE),
            plan.columns().stream().map(c -> "s." + name(c)).collect(joining(", ")),
            plan.target().rows().map(rows -> "(" + rows + ") is true").orElse("true"),
            name(OWN),
            plan.table(),
            plan.aggregate(),
            owners,
            derived,
            plan.keyMatch(),
            differs,
            TargetPlan.prefixed(
                "t", Stream.concat(plan.target().key().stream(), written.stream()).toList()),
            name(VERSION));
  }

  /**
   * @param changed where the rows that have to change are
   */
  String delete(String changed) {
    return "delete from %s t using %s s where %s and s.%s"
        .formatted(plan.table(), changed, placeMatch(), name(GONE));
  }

  /**
   * Empty if the target has no column that is ever updated. That rows without a place have none in
   * the table is said: the server would look for each of them.
   */
  String update(String changed) {
    List<String> written = plan.written();
    return written.isEmpty()
        ? ""
        : "update %s as t set %s from %s s where %s and s.%s is not null and not s.%s"
            .formatted(
                plan.table(),
                TargetPlan.assigned(written),
                changed,
                placeMatch(),
                name(PLACE),
                name(GONE));
  }

  String insert(String changed) {
    return "insert into %s (%s) select %s from %s s where s.%s is null"
        .formatted(
            plan.table(),
            TargetPlan.list(plan.columns()),
            plan.columns().stream().map(c -> "s." + name(c)).collect(joining(", ")),
            changed,
            name(PLACE));
  }

  /**
   * How many rows {@link #delete} and {@link #update} have to write. They write fewer if somebody
   * else changes a row meanwhile, as it is in another place then, or a trigger keeps a row as it
   * is.
   */
  static String placed(String changed) {
    return "select count(%s) from %s".formatted(name(PLACE), changed);
  }

  /**
   * A row is where it was found; the parts of a partitioned table each have places of their own.
   */
  private static String placeMatch() {
    return "t.ctid = s.%s and t.tableoid = s.%s and t.xmin = s.%s"
        .formatted(name(PLACE), name(PART), name(VERSION));
  }
}
