package dev.crossfade.mirror;

import static dev.crossfade.store.Quote.name;
import static java.util.stream.Collectors.joining;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableShape;
import dev.crossfade.store.Elements;
import dev.crossfade.store.Quote;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** One table of the mirror: its shape, and what makes it. Immutable. */
final class MirrorTable {
  private static final Set<String> OWN = Set.of("_epoch", "_base", "_lsn");

  /**
   * Room for updates in the same page. Statistics of a quickly growing mirror are made anew when it
   * has half as much more, not with every tenth: it is read by keys, and each time is half a second
   * of a core.
   */
  private static final String STORAGE = "fillfactor = 90, autovacuum_analyze_scale_factor = 0.5";

  private final TableShape shape;
  private final CapturedTable captured;
  private final String table;
  private final Map<String, Integer> places = new HashMap<>();
  private final List<Integer> all;

  /** By the place of a column: its type in the mirror, and the canonical one. */
  private final List<String> types;

  private final List<String> canonicalTypes;
  private final Optional<String> aggregate;
  private final MirrorSql sql;

  MirrorTable(String mirror, TableShape shape, CapturedTable captured) {
    this.shape = shape;
    this.captured = captured;
    this.table = name(mirror) + "." + name(shape.name().table());
    for (int i = 0; i < shape.columns().size(); i++) {
      places.put(shape.columns().get(i).name(), i);
    }
    this.all = IntStream.range(0, shape.columns().size()).boxed().toList();
    this.types = shape.columns().stream().map(c -> mirrored(c.type())).toList();
    this.canonicalTypes =
        shape.columns().stream().map(c -> AggregateId.canonical(c.type())).toList();
    this.aggregate =
        captured.role() instanceof CapturedTable.Aggregate role
            ? Optional.of(role.column())
            : Optional.empty();
    this.sql = new MirrorSql(this);
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

  /** The places of all columns. */
  List<Integer> places() {
    return all;
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

  /** What a row says of the mirror's columns; a column that the mirror lacks is left out. */
  Values values(Row row) {
    return new Values(row, places(row));
  }

  /** Where rows with the columns of this one have those of the mirror. */
  Values.Places places(Row row) {
    int[] at = new int[shape.columns().size()];
    Arrays.fill(at, -1);
    for (int i = 0; i < row.size(); i++) {
      Integer place = places.get(row.name(i));
      if (place != null) {
        at[place] = i;
      }
    }
    return Values.Places.of(at);
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
              .formatted(table, columns, keyColumns(), STORAGE));
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
   * Whether keys are the same only if their texts are. It is not so of types like numeric without a
   * scale, where 1.0 is 1.00, or citext.
   */
  boolean textTellsKeys() {
    return shape.primaryKey().stream()
        .map(key -> shape.columns().get(place(key)).type())
        .allMatch(MirrorTable::textTells);
  }

  /** Whether equal aggregate ids have the same text. */
  boolean textTellsAggregates() {
    return textTells(shape.columns().get(place(aggregate().orElseThrow())).type());
  }

  private static boolean textTells(String type) {
    int open = type.indexOf('(');
    return switch (open < 0 ? type : type.substring(0, open)) {
      case "smallint", "integer", "bigint", "uuid", "text", "character varying", "date" -> true;
      case "numeric" -> open > 0; // as many digits behind the point as its scale says
      default -> type.startsWith("timestamp");
    };
  }

  /** Whether a row can go to another aggregate and keep its key. */
  boolean rowsMove() {
    return aggregate().filter(c -> !shape.primaryKey().contains(c)).isPresent();
  }

  /** The statements that write it. */
  MirrorSql sql() {
    return sql;
  }

  /** As what the values of a column go to the store: as texts, unless the server can be spared. */
  Elements.Type sent(int place) {
    return types.get(place).equals("uuid") ? Elements.Type.UUID : Elements.Type.TEXT;
  }

  /** The type of a column in the mirror. */
  String type(int place) {
    return types.get(place);
  }

  String keyColumns() {
    return shape.primaryKey().stream().map(Quote::name).collect(joining(", "));
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
    return padded(column) ? text.replaceFirst(" +$", "") : text;
  }

  boolean padded(String column) {
    return type(place(column)).equals("bpchar");
  }
}
