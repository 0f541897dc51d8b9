package dev.crossfade.capture;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.TableShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what is configured with what was loaded: rows that were there before a table or a column
 * was added to a domain are not in its topic, so streaming alone would leave a hole.
 */
final class Captured {
  private static final Logger LOG = LoggerFactory.getLogger(Captured.class);

  private Captured() {}

  /** Domain to table to columns, as these routes carry them. */
  static Map<String, Map<String, List<String>>> of(List<Domain> domains, Routes routes) {
    var captured = new LinkedHashMap<String, Map<String, List<String>>>();
    for (Domain domain : domains) {
      var tables = new LinkedHashMap<String, List<String>>();
      for (TableShape shape : routes.shapes(domain.topic())) {
        tables.put(
            shape.name().toString(),
            shape.columns().stream().map(TableShape.Column::name).toList());
      }
      captured.put(domain.name(), tables);
    }
    return captured;
  }

  /**
   * The routes without columns that the source got after the load; a {@link Gap} for a domain, a
   * table or a named column that was not loaded.
   */
  static Routes restrict(
      List<Domain> domains, Routes routes, Map<String, Map<String, List<String>>> loaded) {
    var shapes = new ArrayList<List<TableShape>>();
    for (Domain domain : domains) {
      Map<String, List<String>> tables = loaded.get(domain.name());
      if (tables == null) {
        throw notLoaded("the domain " + domain.name());
      }
      var restricted = new ArrayList<TableShape>();
      for (TableShape shape : routes.shapes(domain.topic())) {
        List<String> columns = tables.get(shape.name().toString());
        if (columns == null) {
          throw notLoaded("the table " + shape.name() + " of domain " + domain.name());
        }
        restricted.add(restrict(domain.table(shape.name()).orElseThrow(), shape, columns));
      }
      shapes.add(restricted);
    }
    return new Routes(domains, shapes);
  }

  private static TableShape restrict(CapturedTable table, TableShape shape, List<String> columns) {
    var kept = new ArrayList<TableShape.Column>();
    for (TableShape.Column column : shape.columns()) {
      if (columns.contains(column.name())) {
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
    return new TableShape(shape.name(), kept, shape.primaryKey());
  }

  private static Gap notLoaded(String what) {
    return new Gap(
        what
            + " was added after the load, so its earlier rows are missing; ask for a new load of the"
            + " source, which makes the stores complete again");
  }
}
