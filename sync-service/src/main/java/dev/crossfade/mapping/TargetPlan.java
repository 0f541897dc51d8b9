package dev.crossfade.mapping;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.domain.Target;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.store.Quote;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How one target is derived: the SQL statements, made once from the mapping and the store's
 * catalog. The SELECT's rows are first staged in a temporary table of the target's own types, so
 * that they are computed once and compared after the cast that an INSERT would do. Immutable.
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

  /** In rows that have to change: where the row is, and in which part of a partitioned table. */
  private static final String PLACE = "crossfade place";

  private static final String PART = "crossfade part";

  /** The same: whether it is derived, or not derived any more, and whether the target owns it. */
  private static final String DERIVED = "crossfade derived";

  private static final String GONE = "crossfade gone";
  private static final String OWN = "crossfade own";

  String table() {
    return Quote.table(target.table());
  }

  String stage() {
    return name("crossfade stage " + target.table());
  }

  /** Whether aggregates with ids of that type can have rows in this target. */
  boolean takes(AggregateId aggregate) {
    String own = AggregateId.canonical(keysType);
    return own.equals("text") || own.equals(aggregate.type());
  }

  List<String> createStage() {
    return List.of(
        "drop table if exists pg_temp." + stage(),
        "create temp table %s on commit delete rows as select %s, null::text as %s from %s with no data"
            .formatted(stage(), list(columns), name(PARKED), table()),
        "create index on pg_temp.%s (%s)".formatted(stage(), list(target.key())),
        "create index on pg_temp.%s (%s)".formatted(stage(), aggregate()));
  }

  /** Parameters: the keys, {@code select.parameters()} times. */
  String fillStage() {
    return "insert into pg_temp.%s (%s, %s) select %s, %s from (%s) q"
        .formatted(
            stage(),
            list(columns),
            name(PARKED),
            columns.stream().map(c -> "q." + name(c)).collect(joining(", ")),
            parks ? "q." + name(PARK) + "::text" : "null",
            select.sql());
  }

  String emptyStage() {
    return "delete from pg_temp." + stage();
  }

  /** Returns (aggregate's id in the source, reason). Parameter: the ids as text. */
  String parked() {
    return """
        with p as materialized (select %1$s as owner, %2$s as reason from pg_temp.%3$s where %2$s is not null)
        select k, min(p.reason) from p join %4$s on o.owner = p.owner group by k
        """
        .formatted(aggregate(), name(PARKED), stage(), owners());
  }

  /** Parameter: the ids as text of aggregates that are not to be written. */
  String dropParked() {
    return "delete from pg_temp.%s s using %s where s.%s = o.owner"
        .formatted(stage(), owners(), aggregate());
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
          left join (select o.k, count(*) as n from %4$s join pg_temp.%5$s s on s.%6$s = o.owner group by 1) s using (k)
        where coalesce(s.n, 0) < d.n
        """
        .formatted(driving, name(drivingAggregate), drivingType, owners(), stage(), aggregate());
  }

  /**
   * The rows that the SELECT derives, each value as the target's column would hold it. Parameters:
   * the keys, {@code select.parameters()} times. For {@link #castable} targets only.
   */
  String derived() {
    return "select %s, %s as %s from (%s) q"
        .formatted(
            columns.stream()
                .map(c -> "cast(q.%1$s as %2$s) as %1$s".formatted(name(c), castType(c)))
                .collect(joining(", ")),
            parks ? "q." + name(PARK) + "::text" : "null::text",
            name(PARKED),
            select.sql());
  }

  private String castType(String column) {
    return catalog.column(column).orElseThrow().castType().orElseThrow();
  }

  /** Whether a cast of each derived value is what an INSERT would make of it. */
  boolean castable() {
    return columns.stream()
        .allMatch(c -> catalog.column(c).flatMap(TargetTable.TargetColumn::castType).isPresent());
  }

  /** Deletes rows of the aggregates that are no longer derived. Parameter: the ids as text. */
  String deleteGone() {
    return "delete from %s t where %s".formatted(table(), gone());
  }

  private String gone() {
    return "t.%s = any (array(select o.owner from %s)) and not exists (select from %s s where %s)%s"
        .formatted(
            aggregate(),
            owners(),
            temporary(),
            keyMatch(),
            target.rows().map(rows -> " and (" + rows + ")").orElse(""));
  }

  /** Updates rows that differ, never those that do not. */
  String update() {
    List<String> written = written();
    if (written.isEmpty()) {
      return "";
    }
    return "update %s as t set %s from %s where %s and (%s) is distinct from (%s)"
        .formatted(
            table(),
            assigned(written),
            sought(),
            found(),
            compared("t", written),
            compared("s", written));
  }

  /** The columns that an update writes. */
  private List<String> written() {
    return columns.stream()
        .filter(c -> !target.key().contains(c) && !target.once().contains(c))
        .toList();
  }

  private static String assigned(List<String> written) {
    return written.stream().map(c -> name(c) + " = s." + name(c)).collect(joining(", "));
  }

  /** Whether a row can go to another aggregate and keep its key. */
  boolean rowsMove() {
    return !target.key().contains(target.aggregate());
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
        .formatted(aggregate(), table(), sought(), keyMatch(), owners());
  }

  String insert() {
    return "insert into %s (%s) select %s from %s where not exists (select from %s t where %s)"
        .formatted(
            table(),
            list(columns),
            columns.stream().map(c -> "s." + name(c)).collect(joining(", ")),
            sought(),
            table(),
            found());
  }

  /**
   * The rows of the given aggregates that have to change, each with its place in the service table:
   * {@link #deleteChanged}, {@link #updateChanged} and {@link #insertChanged} do it. What is there
   * is read once, by aggregate, and no row is looked up by its key.
   *
   * @param derived where the derived rows are
   * @param owners a SELECT of the aggregates, as the target knows them
   */
  String changes(String derived, String owners) {
    List<String> written = written();
    String differs =
        written.isEmpty()
            ? ""
            : " or s.%s and (%s) is distinct from (%s)"
                .formatted(name(DERIVED), compared("t", written), compared("s", written));
    return """
        select t.%1$s, t.%2$s, s.%3$s is null as %4$s, %5$s
        from (select %14$s, t.ctid as %1$s, t.tableoid as %2$s, %6$s as %7$s from %8$s t
              where t.%9$s = any (array(%10$s))) t
        full join (select x.*, true as %3$s from %11$s x) s on %12$s
        where t.%1$s is null or s.%3$s is null and t.%7$s%13$s
        """
        .formatted(
            name(PLACE),
            name(PART),
            name(DERIVED),
            name(GONE),
            columns.stream().map(c -> "s." + name(c)).collect(joining(", ")),
            target.rows().map(rows -> "(" + rows + ") is true").orElse("true"),
            name(OWN),
            table(),
            aggregate(),
            owners,
            derived,
            keyMatch(),
            differs,
            prefixed("t", Stream.concat(target.key().stream(), written.stream()).toList()));
  }

  /**
   * @param changes where the rows that have to change are
   */
  String deleteChanged(String changes) {
    return "delete from %s t using %s s where %s and s.%s"
        .formatted(table(), changes, placeMatch(), name(GONE));
  }

  /** Empty if the target has no column that is ever updated. */
  String updateChanged(String changes) {
    List<String> written = written();
    return written.isEmpty()
        ? ""
        : "update %s as t set %s from %s s where %s and not s.%s"
            .formatted(table(), assigned(written), changes, placeMatch(), name(GONE));
  }

  String insertChanged(String changes) {
    return "insert into %s (%s) select %s from %s s where s.%s is null"
        .formatted(
            table(),
            list(columns),
            columns.stream().map(c -> "s." + name(c)).collect(joining(", ")),
            changes,
            name(PLACE));
  }

  /**
   * How many rows {@link #deleteChanged} and {@link #updateChanged} have to write. They write fewer
   * if somebody else changes a row meanwhile, as it is in another place then, or a trigger keeps a
   * row as it is.
   */
  static String placed(String changes) {
    return "select count(%s) from %s".formatted(name(PLACE), changes);
  }

  /**
   * A row is where it was found; the parts of a partitioned table each have places of their own.
   */
  private static String placeMatch() {
    return "t.ctid = s.%s and t.tableoid = s.%s".formatted(name(PLACE), name(PART));
  }

  private String temporary() {
    return "pg_temp." + stage();
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
      return "(select x.* from %s x, generate_series(1, (select 1)) offset 0) s"
          .formatted(temporary());
    }
    // Few: it looks each of them up by the key. Both conditions are always true. Of an equality
    // with
    // an expression, of which it has no statistics, it believes that one row in two hundred has it.
    String keys = target.key().stream().map(k -> "x." + name(k)).collect(joining(", "));
    return "(select x.* from %1$s x where num_nulls(%2$s) + num_nonnulls(%2$s) = %3$d and num_nonnulls(%2$s) + num_nulls(%2$s) = %3$d) s"
        .formatted(temporary(), keys, target.key().size());
  }

  /** Whether row t of the service table has the key of the derived row s. */
  private String found() {
    return aggregateInKey()
        ? "%1$s and t.%2$s = any (array(select distinct x.%2$s from %3$s x))"
            .formatted(keyMatch(), aggregate(), temporary())
        : keyMatch();
  }

  /**
   * A key that begins with the aggregate's id, as a child's often does: an index of the ids alone
   * would then look as good to the server as the key's.
   */
  private boolean aggregateInKey() {
    return target.key().size() > 1 && !rowsMove();
  }

  /** The unique keys whose values can move from one row to another: not the target's own key. */
  List<List<String>> movableUniques() {
    return catalog.uniques().stream()
        .filter(u -> !Set.copyOf(u).equals(Set.copyOf(target.key())))
        .filter(u -> columns.containsAll(u))
        .filter(u -> u.stream().noneMatch(target.once()::contains))
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
        : "update %s as t set %s from pg_temp.%s s where %s and (%s) is distinct from (%s) and %s"
            .formatted(
                table(),
                taken,
                stage(),
                keyMatch(),
                prefixed("t", unique),
                prefixed("s", unique),
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
        : "update %s as t set %s where %s and %s".formatted(table(), taken, gone(), wanted(unique));
  }

  /** {@code column = placeholder} for the first column that can take one; empty if none can. */
  private String placeholderSet(List<String> unique) {
    for (String column : unique) {
      String placeholder = placeholder(column);
      if (!placeholder.isEmpty()) {
        return "%s = (select cast(%s as %s) from (select t.*) t)"
            .formatted(name(column), placeholder, catalog.column(column).orElseThrow().type());
      }
    }
    return "";
  }

  /** Whether another derived row wants the value that row t has. */
  private String wanted(List<String> unique) {
    return "exists (select from pg_temp.%s o where (%s) = (%s) and not (%s))"
        .formatted(
            stage(),
            prefixed("o", unique),
            prefixed("t", unique),
            target.key().stream()
                .map(k -> "o." + name(k) + " = t." + name(k))
                .collect(joining(" and ")));
  }

  private String placeholder(String column) {
    if (target.key().contains(column) || column.equals(target.aggregate())) {
      return "";
    }
    TargetTable.TargetColumn found = catalog.column(column).orElseThrow();
    String declared = target.placeholders().get(column);
    if (declared != null) {
      return declared;
    } else if (!found.notNull()) {
      return "null";
    } else if (AggregateId.canonical(found.type()).equals("text")
        || found.type().equals("citext")) {
      return "'moving ' || md5(concat_ws('/', "
          + target.key().stream().map(k -> "t." + name(k)).collect(joining(", "))
          + "))";
    }
    return "";
  }

  /** The aggregates (values of the target's column) of rows outside the stage that hold a value. */
  String holders(List<String> unique) {
    return "select distinct t.%s::text from %s t join pg_temp.%s s on (%s) = (%s) where not exists (select from pg_temp.%s o where %s)"
        .formatted(
            aggregate(),
            table(),
            stage(),
            prefixed("t", unique),
            prefixed("s", unique),
            stage(),
            target.key().stream()
                .map(k -> "o." + name(k) + " = t." + name(k))
                .collect(joining(" and ")));
  }

  /** (k, owner) for ids given as one text array: the id in the source and in the target. */
  private String owners() {
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

  private String aggregate() {
    return name(target.aggregate());
  }

  private String keyMatch() {
    return target.key().stream()
        .map(k -> "t." + name(k) + " = s." + name(k))
        .collect(joining(" and "));
  }

  private String compared(String alias, List<String> of) {
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

  private static String prefixed(String alias, List<String> of) {
    return of.stream().map(c -> alias + "." + name(c)).collect(joining(", "));
  }

  private static String list(List<String> of) {
    return of.stream().map(Quote::name).collect(joining(", "));
  }
}
