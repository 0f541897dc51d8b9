package dev.crossfade.mirror;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * One table of the mirror: its shape, and the SQL statements that write it. Values travel as one
 * array of texts a column and are cast in the store. Immutable.
 */
final class MirrorTable {
  private static final Set<String> OWN = Set.of("_epoch", "_base", "_lsn");

  /**
   * Room for updates in the same page. Statistics of a quickly growing mirror are made anew when it
   * has half as much more, not with every tenth: it is read by keys, and each time costs seconds.
   */
  private static final String STORAGE = "fillfactor = 90, autovacuum_analyze_scale_factor = 0.5";

  private static final String POSITION = "(m._epoch, m._base, m._lsn)";

  private final TableShape shape;
  private final CapturedTable captured;
  private final String table;
  private final Map<String, Integer> places = new HashMap<>();

  /** By the place of a column: its type in the mirror, and the canonical one. */
  private final List<String> types;

  private final List<String> canonicalTypes;
  private final Optional<String> aggregate;
  private final String upsert;
  private final String delete;

  MirrorTable(String mirror, TableShape shape, CapturedTable captured) {
    this.shape = shape;
    this.captured = captured;
    this.table = name(mirror) + "." + name(shape.name().table());
    for (int i = 0; i < shape.columns().size(); i++) {
      places.put(shape.columns().get(i).name(), i);
    }
    this.types = shape.columns().stream().map(c -> mirrored(c.type())).toList();
    this.canonicalTypes =
        shape.columns().stream().map(c -> AggregateId.canonical(c.type())).toList();
    this.aggregate =
        captured.role() instanceof CapturedTable.Aggregate role
            ? Optional.of(role.column())
            : Optional.empty();
    this.upsert = upsertSql();
    this.delete = deleteSql();
  }

  TableShape shape() {
    return shape;
  }

  CapturedTable captured() {
    return captured;
  }

  /** The mirror table's quoted name. */
  String table() {
    return table;
  }

  /** How Crossfade's own tables name this one. */
  String plainName() {
    return shape.name().toString();
  }

  /** The aggregate column, if rows of this table belong to aggregates. */
  Optional<String> aggregate() {
    return aggregate;
  }

  int place(String column) {
    Integer place = places.get(column);
    if (place == null) {
      throw new IllegalArgumentException("mirror table " + table + " has no column " + column);
    }
    return place;
  }

  String canonicalType(String column) {
    return canonicalTypes.get(place(column));
  }

  /** A row's values by the place of their column; a column that the mirror lacks is left out. */
  String[] values(Row row) {
    String[] values = MergedTable.unknown(shape.columns().size());
    for (int i = 0; i < row.size(); i++) {
      Integer place = places.get(row.name(i));
      if (place != null) {
        values[place] = row.text(i);
      }
    }
    return values;
  }

  /**
   * What has to be executed so that the table is there. Nothing where all is there: even an ALTER
   * that changes nothing locks out the readers of a live mirror.
   *
   * @param found the columns that the store's table has, with their types; empty if there is no
   *     such table
   */
  List<String> ddl(Map<String, String> found) {
    var statements = new ArrayList<String>();
    if (found.isEmpty()) {
      String columns =
          shape.columns().stream()
              .map(c -> name(c.name()) + " " + mirrored(c.type()))
              .collect(joining(", "));
      statements.add(
          "create table if not exists %s (%s, _epoch int not null, _base pg_lsn not null, _lsn pg_lsn not null, primary key (%s)) with (%s)"
              .formatted(table, columns, keyColumns(""), STORAGE));
      aggregate()
          .filter(column -> !column.equals(shape.primaryKey().get(0)))
          .ifPresent(
              column ->
                  statements.add(
                      "create index if not exists %s on %s (%s)"
                          .formatted(
                              name(shape.name().table() + "_" + column + "_mirror"),
                              table,
                              name(column))));
    } else {
      for (TableShape.Column column : shape.columns()) {
        String type = found.get(column.name());
        String wanted = mirrored(column.type());
        if (type == null) {
          statements.add(
              "alter table %s add column if not exists %s %s"
                  .formatted(table, name(column.name()), wanted));
        } else if (!type.equals(wanted.replaceFirst("^bpchar", "character"))
            && !type.equals(wanted)) {
          // left as it is, it would round or refuse what the source has now
          statements.add(
              "alter table %1$s alter column %2$s type %3$s using %2$s::text::%3$s"
                  .formatted(table, name(column.name()), wanted));
        }
      }
      for (String column : found.keySet()) {
        if (!OWN.contains(column) && shape.column(column).isEmpty()) {
          // it would stand still: a mapping that reads it must be refused
          statements.add("alter table %s drop column %s".formatted(table, name(column)));
        }
      }
    }
    return statements;
  }

  /**
   * Inserts or updates rows of which every column is known. Parameters: one text array a column,
   * then canonical keys, epochs, bases, lsns, if {@link #rowsMove} whether the mirror may have the
   * row from before the batch, then this table's plain name. Returns the aggregates that rows left.
   */
  String upsert() {
    return upsert;
  }

  private String upsertSql() {
    List<Integer> all = IntStream.range(0, shape.columns().size()).boxed().toList();
    return """
        with s as materialized (%s),
        live as (
          select s.* from s left join crossfade.deleted d
            on d.table_name = ? and d.key = s._key and d.key = any (array(select _key from s))
          where d.key is null or (d.epoch, d.base, d.lsn) < (s._epoch, s._base, s._lsn)),
        put as (
          insert into %s as m (%s, _epoch, _base, _lsn)
          select %s, _epoch, _base, _lsn from live
          on conflict (%s) do update set %s
          where %s < (excluded._epoch, excluded._base, excluded._lsn))
        %s
        """
        .formatted(
            incoming(all, rowsMove() ? ", _before" : ""),
            table,
            list(all, this::column),
            list(all, this::column),
            keyColumns(""),
            list(all, i -> column(i) + " = excluded." + column(i)) + ", " + excludedPosition(),
            POSITION,
            movedOut(" where _before"));
  }

  /**
   * Updates rows of which only the given columns are known. Parameters as for {@link #upsert}, with
   * the given columns, then the plain name. Returns the aggregates that rows left, and one row that
   * begins with NULL for each incoming row that is neither in the mirror nor known to be deleted.
   */
  String update(List<Integer> known) {
    return """
        with s as materialized (%s),
        put as (
          update %s as m set %s, _epoch = s._epoch, _base = s._base, _lsn = s._lsn
          from s where %s and %s and %s < (s._epoch, s._base, s._lsn))
        %s
        union all
        select null from s
        where not exists (select from %s m where %s)
          and not exists (select from crossfade.deleted d where d.table_name = ? and d.key = s._key
                          and (d.epoch, d.base, d.lsn) >= (s._epoch, s._base, s._lsn))
        """
        .formatted(
            incoming(known),
            table,
            list(known, i -> column(i) + " = s." + column(i)),
            keyMatch("m", "s"),
            keysGiven(),
            POSITION,
            known.contains(aggregate().map(this::place).orElse(-1)) ? movedOut("") : noAggregates(),
            table,
            keyMatch("m", "s"));
  }

  /**
   * Deletes rows and keeps their positions. Parameters: one text array a key column, then canonical
   * keys, epochs, bases, lsns, then the aggregates as far as the events know them, then the plain
   * name twice. Returns the aggregates that the rows belonged to.
   */
  String delete() {
    return delete;
  }

  private String deleteSql() {
    List<Integer> key = shape.primaryKey().stream().map(this::place).toList();
    String aggregate =
        aggregate().map(column -> "m." + name(column) + "::text").orElse("null::text");
    return """
        with s as materialized (%s),
        gone as (
          delete from %s m using s where %s and %s and %s < (s._epoch, s._base, s._lsn)
          returning s._key, %s as aggregate),
        kept as (
          insert into crossfade.deleted as d (table_name, key, aggregate, epoch, base, lsn)
          select ?, s._key, coalesce(gone.aggregate, s._aggregate), s._epoch, s._base, s._lsn
          from s left join gone using (_key)
          on conflict (table_name, key) do update
          set aggregate = coalesce(excluded.aggregate, d.aggregate), epoch = excluded.epoch, base = excluded.base,
              lsn = excluded.lsn, deleted_at = now()
          where (d.epoch, d.base, d.lsn) < (excluded.epoch, excluded.base, excluded.lsn))
        select aggregate from gone where aggregate is not null
        union
        select d.aggregate from crossfade.deleted d join s on d.key = s._key
        where d.table_name = ? and d.aggregate is not null and d.key = any (array(select _key from s))
        """
        .formatted(
            incoming(key, ", _aggregate"),
            table,
            keyMatch("m", "s"),
            keysGiven(),
            POSITION,
            aggregate);
  }

  /**
   * The number, position and every column as text of the rows whose keys are given, in the order of
   * the numbers. Parameters: one text array a key column, then the numbers.
   */
  String read() {
    List<Integer> key = shape.primaryKey().stream().map(this::place).toList();
    List<Integer> all = IntStream.range(0, shape.columns().size()).boxed().toList();
    return "select u._n, m._epoch, m._base::text, m._lsn::text, %s from unnest(%s, ?::int[]) as u(%s, _n) join %s m on %s order by u._n"
        .formatted(
            list(all, i -> "m." + column(i) + "::text"),
            list(key, i -> "?::text[]"),
            list(key, this::column),
            table,
            key.stream()
                .map(i -> "m." + column(i) + " = cast(u." + column(i) + " as " + type(i) + ")")
                .collect(joining(" and ")));
  }

  private String incoming(List<Integer> columns) {
    return incoming(columns, "");
  }

  /** The incoming rows; {@code more} names further text columns after the position. */
  private String incoming(List<Integer> columns, String more) {
    return "select %s, _key, _epoch, cast(_b as pg_lsn) as _base, cast(_l as pg_lsn) as _lsn%s from unnest(%s, ?, ?, ?, ?%s) as u(%s, _key, _epoch, _b, _l%s)"
        .formatted(
            list(columns, i -> "cast(u." + column(i) + " as " + type(i) + ") as " + column(i)),
            more,
            list(columns, i -> "?"),
            more.isEmpty() ? "" : ", ?",
            list(columns, this::column),
            more);
  }

  /** Whether a row can go to another aggregate and keep its key. */
  boolean rowsMove() {
    return aggregate().filter(c -> !shape.primaryKey().contains(c)).isPresent();
  }

  /**
   * @param of which incoming rows are looked at
   */
  private String movedOut(String of) {
    if (!rowsMove()) {
      return noAggregates();
    }
    String column = name(aggregate().orElseThrow());
    return "select distinct m.%1$s::text from %2$s m join (select * from s%3$s) s on %4$s where %5$s and m.%1$s is distinct from s.%1$s and m.%1$s is not null"
        .formatted(column, table, of, keyMatch("m", "s"), keysGiven(of));
  }

  private static String noAggregates() {
    return "select null::text where false";
  }

  private static String excludedPosition() {
    return "_epoch = excluded._epoch, _base = excluded._base, _lsn = excluded._lsn";
  }

  private String keyMatch(String left, String right) {
    return shape.primaryKey().stream()
        .map(column -> left + "." + name(column) + " = " + right + "." + name(column))
        .collect(joining(" and "));
  }

  /**
   * Says once more, as a list of keys, what a join with the incoming rows says. The server does not
   * know how many they are; without this it may join them with the whole mirror table.
   */
  private String keysGiven() {
    return keysGiven("");
  }

  private String keysGiven(String of) {
    return shape.primaryKey().stream()
        .map(column -> "m.%1$s = any (array(select %1$s from s%2$s))".formatted(name(column), of))
        .collect(joining(" and "));
  }

  private String keyColumns(String prefix) {
    return shape.primaryKey().stream().map(c -> prefix + name(c)).collect(joining(", "));
  }

  private String column(int i) {
    return name(shape.columns().get(i).name());
  }

  private String type(int i) {
    return types.get(i);
  }

  /**
   * The type that a column has in the mirror: the source's without its length, precision or scale.
   * The source has checked those, and may widen them while changes are on their way; a cast to the
   * old ones would round or cut without a word.
   */
  static String mirrored(String type) {
    String array = type.endsWith("[]") ? "[]" : "";
    String element = type.substring(0, type.length() - array.length());
    int open = element.indexOf('(');
    int close = element.indexOf(')');
    String base = open < 0 ? element : element.substring(0, open) + element.substring(close + 1);
    return switch (base) {
      case "character" -> "bpchar" + array;
      case "numeric",
          "character varying",
          "timestamp without time zone",
          "timestamp with time zone",
          "time without time zone",
          "interval" ->
          base + array;
      default -> type;
    };
  }

  /**
   * An aggregate's id as a cast to text gives it: the blanks that pad a character(n) do not count.
   */
  String aggregateId(String column, String text) {
    return type(place(column)).equals("bpchar") ? text.replaceFirst(" +$", "") : text;
  }

  private static String list(List<Integer> places, IntFunction<String> of) {
    return places.stream().map(of::apply).collect(joining(", "));
  }
}
