package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.domain.Target;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.store.Quote;
import java.util.Collection;
import java.util.List;

/**
 * How one target is derived, made once from the mapping and the store's catalog: what is known, and
 * the words that all its statements share. {@link ChangesSql} has the statements that derive it at
 * once, {@link StageSql} and {@link UniqueSql} those that do it step by step. In all of them {@code
 * t} is a row of the service table and {@code s} what it is compared with. Immutable.
 *
 * @param keysType the element type that PostgreSQL inferred for {@code :keys}
 * @param columns what the SELECT derives, without {@code park}
 * @param parks whether the SELECT has a column {@code park}
 */
record TargetPlan(
    Target target,
    TargetTable catalog,
    KeysSql select,
    String keysType,
    List<String> columns,
    boolean parks) {
  /** The column of a SELECT that says why an aggregate is parked. */
  static final String PARK = "park";

  /** The same in what is derived: a name that no column of a target has. */
  static final String PARKED = "crossfade park";

  /** How it is derived at once. */
  ChangesSql changes() {
    return new ChangesSql(this);
  }

  /** How it is derived step by step. */
  StageSql stage() {
    return new StageSql(this);
  }

  /** How its unique values move in two steps. */
  UniqueSql uniques() {
    return new UniqueSql(this);
  }

  String table() {
    return Quote.table(target.table());
  }

  /** Whether aggregates with ids of that type can have rows in this target. */
  boolean takes(AggregateId aggregate) {
    String own = AggregateId.canonical(keysType);
    return own.equals("text") || own.equals(aggregate.type());
  }

  /** The columns that an update writes. */
  List<String> written() {
    return columns.stream()
        .filter(c -> !target.key().contains(c) && !target.once().contains(c))
        .toList();
  }

  static String assigned(List<String> written) {
    return written.stream().map(c -> name(c) + " = s." + name(c)).collect(joining(", "));
  }

  /** Whether a row can go to another aggregate and keep its key. */
  boolean rowsMove() {
    return !target.key().contains(target.aggregate());
  }

  /** (k, owner) for ids given as one text array: the id in the source and in the target. */
  String owners() {
    return "(select k, (%s)::%s as owner from unnest(?::text[]) as k) o"
        .formatted(target.owner().orElse("k"), ownerType());
  }

  /** The id in the target of one source id, given as an SQL expression of type text. */
  String ownerOf(String id) {
    return "(select (%s)::%s from (select %s as k) x)"
        .formatted(target.owner().orElse("k"), ownerType(), id);
  }

  String ownerType() {
    return catalog
        .column(target.aggregate())
        .map(TargetTable.TargetColumn::type)
        .orElseThrow(() -> new IllegalStateException(target.table() + " lost a column"));
  }

  String aggregate() {
    return name(target.aggregate());
  }

  String keyMatch() {
    return target.key().stream()
        .map(k -> "t." + name(k) + " = s." + name(k))
        .collect(joining(" and "));
  }

  String compared(String alias, List<String> of) {
    return of.stream()
        .map(
            c ->
                alias
                    + "."
                    + name(c)
                    + (catalog.column(c).map(x -> x.comparable()).orElse(true) ? "" : "::text"))
        .collect(joining(", "));
  }

  /** The ids of the aggregates that the target takes. */
  static String[] ids(TargetPlan plan, Collection<AggregateId> aggregates) {
    return aggregates.stream()
        .filter(plan::takes)
        .map(AggregateId::id)
        .distinct()
        .toArray(String[]::new);
  }

  /** The type of {@code k}: text, unless nothing is made of it and the server can be spared. */
  String idsType() {
    boolean uuid = keysType.equals("uuid") && ownerType().equals("uuid");
    return uuid && target.owner().isEmpty() ? "uuid" : "text";
  }

  static String prefixed(String alias, List<String> of) {
    return of.stream().map(c -> alias + "." + name(c)).collect(joining(", "));
  }

  static String list(List<String> of) {
    return of.stream().map(Quote::name).collect(joining(", "));
  }
}
