package dev.crossfade.mirror;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/**
 * The statements that write one table of the mirror. Values travel as one array a column, of texts
 * or of what {@link MirrorTable#sent} says, and are cast in the store. Immutable.
 */
final class MirrorSql {
  private static final String POSITION = "(m._epoch, m._base, m._lsn)";

  private final MirrorTable table;
  private final String insert;
  private final String upsert;
  private final String delete;

  MirrorSql(MirrorTable table) {
    this.table = table;
    this.insert = insertText();
    this.upsert = upsertText();
    this.delete = deleteText();
  }

  /**
   * Inserts rows of which every column is known and which the mirror ought not to have; if it has
   * one, all fail. Parameters: one array a column, then epochs, bases, lsns.
   */
  String insert() {
    return insert;
  }

  private String insertText() {
    List<Integer> all = table.places();
    return """
        insert into %s (%s, _epoch, _base, _lsn)
        select %s, _epoch, _base, _lsn from %s
        """
        .formatted(
            table.table(),
            list(all, this::column),
            list(all, this::cast),
            arrays(all, List.of("_epoch", "_base", "_lsn")));
  }

  /**
   * Inserts or updates rows of which every column is known. Parameters: one array a column, then
   * canonical keys, epochs, bases, lsns, if {@link MirrorTable#rowsMove} whether the mirror may
   * have the row from before the batch, then this table's plain name. Returns the aggregates that
   * rows left.
   */
  String upsert() {
    return upsert;
  }

  private String upsertText() {
    List<Integer> all = table.places();
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
            table.rowsMove() ? incoming(all, "_before") : incoming(all),
            table.table(),
            list(all, this::column),
            list(all, this::column),
            table.keyColumns(),
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
            table.table(),
            list(known, i -> column(i) + " = s." + column(i)),
            keyMatch("m", "s"),
            keysGiven(),
            POSITION,
            known.contains(table.aggregate().map(table::place).orElse(-1))
                ? movedOut("")
                : noAggregates(),
            table.table(),
            keyMatch("m", "s"));
  }

  /**
   * Deletes rows and keeps their positions. Parameters: one array a key column, then canonical
   * keys, epochs, bases, lsns, then the aggregates as far as the events know them, then the plain
   * name twice. Returns the aggregates that the rows belonged to.
   */
  String delete() {
    return delete;
  }

  private String deleteText() {
    List<Integer> key = table.shape().primaryKey().stream().map(table::place).toList();
    String aggregate =
        table.aggregate().map(column -> "m." + name(column) + "::text").orElse("null::text");
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
            incoming(key, "_aggregate"),
            table.table(),
            keyMatch("m", "s"),
            keysGiven(),
            POSITION,
            aggregate);
  }

  /**
   * The number, position and every column as text of the rows whose keys are given, in the order of
   * the numbers. Parameters: one array a key column, then the numbers.
   */
  String read() {
    List<Integer> key = table.shape().primaryKey().stream().map(table::place).toList();
    List<Integer> all = table.places();
    return "select u._n, m._epoch, m._base::text, m._lsn::text, %s from unnest(%s, ?::int[]) as u(%s, _n) join %s m on %s order by u._n"
        .formatted(
            list(all, i -> "m." + column(i) + "::text"),
            list(key, i -> "?"),
            list(key, this::column),
            table.table(),
            key.stream()
                .map(i -> "m." + column(i) + " = cast(u." + column(i) + " as " + type(i) + ")")
                .collect(joining(" and ")));
  }

  /**
   * The incoming rows.
   *
   * @param more names further columns after the position
   */
  private String incoming(List<Integer> columns, String... more) {
    List<String> others =
        Stream.concat(Stream.of("_key", "_epoch", "_base", "_lsn"), Stream.of(more)).toList();
    return "select %s, %s from %s"
        .formatted(
            list(columns, i -> cast(i) + " as " + column(i)),
            String.join(", ", others),
            arrays(columns, others));
  }

  /**
   * The arrays that are given, side by side as rows of {@code u}. One {@code unnest} of them all
   * would keep each of them aside before the first row comes.
   */
  private String arrays(List<Integer> columns, List<String> others) {
    return Stream.concat(columns.stream().map(this::column), others.stream())
        .map(name -> "unnest(?) as " + name)
        .collect(joining(", ", "(select ", ") u"));
  }

  /**
   * @param of which incoming rows are looked at
   */
  private String movedOut(String of) {
    if (!table.rowsMove()) {
      return noAggregates();
    }
    String column = name(table.aggregate().orElseThrow());
    return "select distinct m.%1$s::text from %2$s m join (select * from s%3$s) s on %4$s where %5$s and m.%1$s is distinct from s.%1$s and m.%1$s is not null"
        .formatted(column, table.table(), of, keyMatch("m", "s"), keysGiven(of));
  }

  private static String noAggregates() {
    return "select null::text where false";
  }

  private static String excludedPosition() {
    return "_epoch = excluded._epoch, _base = excluded._base, _lsn = excluded._lsn";
  }

  private String keyMatch(String left, String right) {
    return table.shape().primaryKey().stream()
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
    return table.shape().primaryKey().stream()
        .map(column -> "m.%1$s = any (array(select %1$s from s%2$s))".formatted(name(column), of))
        .collect(joining(" and "));
  }

  private String cast(int i) {
    return "cast(u." + column(i) + " as " + type(i) + ")";
  }

  private String column(int i) {
    return name(table.shape().columns().get(i).name());
  }

  private String type(int i) {
    return table.type(i);
  }

  private static String list(List<Integer> places, IntFunction<String> of) {
    return places.stream().map(of::apply).collect(joining(", "));
  }
}
