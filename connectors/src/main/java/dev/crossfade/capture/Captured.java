package dev.crossfade.capture;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what is configured with what was loaded: rows that were there before a table or a column
 * was added to a domain are not in its topic, so streaming alone would leave a hole.
 */
final class Captured {
  private static final Logger LOG = LoggerFactory.getLogger(Captured.class);

  private static final Pattern SIZED =
      Pattern.compile("(character varying|numeric|text)(?:\\((\\d+)(?:,(-?\\d+))?\\))?");

  /** Microseconds are what these types have without a precision. */
  private static final String MICROS = "^(timestamp|time)\\(6\\)";

  private Captured() {}

  /** Domain to table to column to type, as these routes carry them. */
  static Map<String, Map<String, Map<String, String>>> of(List<Domain> domains, Routes routes) {
    var captured = new LinkedHashMap<String, Map<String, Map<String, String>>>();
    for (Domain domain : domains) {
      var tables = new LinkedHashMap<String, Map<String, String>>();
      for (TableShape shape : routes.shapes(domain.topic())) {
        var columns = new LinkedHashMap<String, String>();
        shape.columns().forEach(column -> columns.put(column.name(), column.type()));
        tables.put(shape.name().toString(), columns);
      }
      captured.put(domain.name(), tables);
    }
    return captured;
  }

  /**
   * What remains whole of what was loaded when the topics miss changes of some tables since.
   *
   * @param tables those of which every change is published
   */
  static Map<String, Map<String, Map<String, String>>> only(
      Map<String, Map<String, Map<String, String>>> loaded, Set<TableName> tables) {
    var kept = new LinkedHashMap<String, Map<String, Map<String, String>>>();
    loaded.forEach(
        (domain, columns) -> {
          var whole = new LinkedHashMap<>(columns);
          whole.keySet().removeIf(table -> !tables.contains(TableName.parse(table)));
          kept.put(domain, whole);
        });
    return kept;
  }

  /**
   * The routes without columns that the source got after the load; a {@link Gap} for a domain, a
   * table or a named column that was not loaded, and for a column that seems to be renamed.
   */
  static Routes restrict(
      List<Domain> domains, Routes routes, Map<String, Map<String, Map<String, String>>> loaded) {
    var shapes = new ArrayList<List<TableShape>>();
    for (Domain domain : domains) {
      Map<String, Map<String, String>> tables = loaded.get(domain.name());
      if (tables == null) {
        throw notLoaded("the domain " + domain.name());
      }
      var restricted = new ArrayList<TableShape>();
      for (TableShape shape : routes.shapes(domain.topic())) {
        Map<String, String> columns = tables.get(shape.name().toString());
        if (columns == null) {
          throw notLoaded("the table " + shape.name() + " of domain " + domain.name());
        }
        restricted.add(restrict(domain.table(shape.name()).orElseThrow(), shape, columns));
      }
      shapes.add(restricted);
    }
    return new Routes(domains, shapes);
  }

  private static TableShape restrict(
      CapturedTable table, TableShape shape, Map<String, String> loaded) {
    var kept = new ArrayList<TableShape.Column>();
    for (TableShape.Column column : shape.columns()) {
      if (loaded.containsKey(column.name())) {
        checkType(shape, column, loaded.get(column.name()));
        kept.add(column);
      } else if (table.columns().contains(column.name())) {
        throw notLoaded("the column " + column.name() + " of " + shape.name());
      } else {
        LOG.warn(
            "the column {} of {} came after the load and is left out; ask for a new load to get it",
            column.name(),
            shape.name());
      }
    }
    loaded.forEach(
        (column, type) -> {
          if (table.takes(column) && shape.column(column).isEmpty()) {
            gone(shape, column, type, loaded);
          }
        });
    return new TableShape(shape.name(), kept, shape.primaryKey());
  }

  /** A change of a type may change the rows that are there, and the log says nothing of them. */
  private static void checkType(TableShape shape, TableShape.Column column, String loaded) {
    if (!keepsValues(loaded, column.type())) {
      throw new Gap(
          "the column "
              + column.name()
              + " of "
              + shape.name()
              + " had the type "
              + loaded
              + " and has "
              + column.type()
              + ": what that did to its rows is not in the source's log; ask for a new load of the"
              + " source, which makes the stores complete again");
    }
  }

  /** Whether every value has the same text in the other type. */
  static boolean keepsValues(String was, String is) {
    String from = was.replaceFirst(MICROS, "$1");
    String to = is.replaceFirst(MICROS, "$1");
    if (from.equals(to)) {
      return true;
    }
    List<String> integers = List.of("smallint", "integer", "bigint");
    if (integers.contains(from)) {
      return integers.indexOf(to) > integers.indexOf(from);
    }
    Matcher before = SIZED.matcher(from);
    Matcher after = SIZED.matcher(to);
    if (!before.matches() || !after.matches()) {
      return false;
    }
    boolean text = before.group(1).equals("character varying");
    if (!before.group(1).equals(after.group(1)) && !(text && to.equals("text"))) {
      return false;
    } else if (after.group(2) == null) {
      return true;
    }
    return before.group(2) != null
        && Integer.parseInt(after.group(2)) >= Integer.parseInt(before.group(2))
        && Objects.equals(before.group(3), after.group(3));
  }

  /** A renamed column looks like one that was dropped beside one that was added. */
  private static void gone(
      TableShape shape, String column, String type, Map<String, String> loaded) {
    for (TableShape.Column other : shape.columns()) {
      if (!loaded.containsKey(other.name()) && keepsValues(type, other.type())) {
        throw new Gap(
            "the column "
                + column
                + " of "
                + shape.name()
                + " is gone and "
                + other.name()
                + " has come, so it may be the same by another name; correct the mappings and ask for"
                + " a new load of the source");
      }
    }
    LOG.warn("the column {} of {} was dropped at the source", column, shape.name());
  }

  private static Gap notLoaded(String what) {
    return new Gap(
        what
            + " is not whole in the topics: it was added, left out for a while or not published, after"
            + " the load; ask for a new load of the source, which makes the stores complete again");
  }
}
