package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.mirror.AggregateId;
import java.util.List;
import java.util.Set;

/**
 * The statements that let unique values move from one row of a target to another, beside those of
 * {@link StageSql}. Immutable.
 */
record UniqueSql(TargetPlan plan, StageSql stage) {
  UniqueSql(TargetPlan plan) {
    this(plan, plan.stage());
  }

  /** The unique keys whose values can move from one row to another: not the target's own key. */
  List<List<String>> movable() {
    return plan.catalog().uniques().stream()
        .filter(u -> !Set.copyOf(u).equals(Set.copyOf(plan.target().key())))
        .filter(u -> plan.columns().containsAll(u))
        .filter(u -> u.stream().noneMatch(plan.target().once()::contains))
        .toList();
  }

  /**
   * First of the two steps in which a unique value moves: rows that will give up a value that
   * another derived row wants take a placeholder: the declared one, NULL, or for texts one that is
   * made of the row's key. Empty if the unique key has no column that can take any.
   */
  String vacate(List<String> unique) {
    String taken = placeholderSet(unique);
    return taken.isEmpty()
        ? ""
        : "update %s as t set %s from %s s where %s and (%s) is distinct from (%s) and %s"
            .formatted(
                plan.table(),
                taken,
                stage.table(),
                plan.keyMatch(),
                TargetPlan.prefixed("t", unique),
                TargetPlan.prefixed("s", unique),
                wanted(unique));
  }

  /**
   * The same for rows that are no longer derived and cannot be deleted yet. Parameter: the ids as
   * text.
   */
  String vacateGone(List<String> unique) {
    String taken = placeholderSet(unique);
    return taken.isEmpty()
        ? ""
        : "update %s as t set %s where %s and %s"
            .formatted(plan.table(), taken, stage.gone(), wanted(unique));
  }

  /** {@code column = placeholder} for the first column that can take one; empty if none can. */
  private String placeholderSet(List<String> unique) {
    for (String column : unique) {
      String placeholder = placeholder(column);
      if (!placeholder.isEmpty()) {
        return "%s = (select cast(%s as %s) from (select t.*) t)"
            .formatted(
                name(column), placeholder, plan.catalog().column(column).orElseThrow().type());
      }
    }
    return "";
  }

  /** Whether another derived row wants the value that row t has. */
  private String wanted(List<String> unique) {
    return "exists (select from %s o where (%s) = (%s) and not (%s))"
        .formatted(
            stage.table(),
            TargetPlan.prefixed("o", unique),
            TargetPlan.prefixed("t", unique),
            sameRow());
  }

  /** Whether the derived row o is the row t. */
  private String sameRow() {
    return plan.target().key().stream()
        .map(k -> "o." + name(k) + " = t." + name(k))
        .collect(joining(" and "));
  }

  private String placeholder(String column) {
    if (plan.target().key().contains(column) || column.equals(plan.target().aggregate())) {
      return "";
    }
    TargetTable.TargetColumn found = plan.catalog().column(column).orElseThrow();
    String declared = plan.target().placeholders().get(column);
    if (declared != null) {
      return declared;
    } else if (!found.notNull()) {
      return "null";
    } else if (AggregateId.canonical(found.type()).equals("text")
        || found.type().equals("citext")) {
      return "'moving ' || md5(concat_ws('/', "
          + plan.target().key().stream().map(k -> "t." + name(k)).collect(joining(", "))
          + "))";
    }
    return "";
  }

  /** The aggregates (values of the target's column) of rows outside the stage that hold a value. */
  String holders(List<String> unique) {
    return "select distinct t.%s::text from %s t join %s s on (%s) = (%s) where not exists (select from %s o where %s)"
        .formatted(
            plan.aggregate(),
            plan.table(),
            stage.table(),
            TargetPlan.prefixed("t", unique),
            TargetPlan.prefixed("s", unique),
            stage.table(),
            sameRow());
  }
}
