package dev.crossfade.setup;

import dev.crossfade.config.Settings;
import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.CapturedTable.Aggregate;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.mapping.MappingCheck;
import dev.crossfade.source.Source;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Picks aggregates from the source and shows what they derive to, before anything runs. */
public final class Samples {
  private final Settings settings;
  private final Source source;
  private final Pools pools;

  public Samples(Settings settings, Source source, Pools pools) {
    this.settings = settings;
    this.source = source;
    this.pools = pools;
  }

  /**
   * What sample aggregates of a domain derive to: as many as it takes to have rows of each captured
   * table that has any.
   *
   * @param key the id of the aggregate to show; empty to pick
   */
  public List<MappingCheck.Sample> of(Domain domain, Optional<String> key) throws SQLException {
    List<TableShape> shapes = source.shapes(domain.tables());
    var samples = new ArrayList<MappingCheck.Sample>();
    var seen = new LinkedHashSet<TableName>();
    for (CapturedTable table : domain.tables()) {
      if (!(table.role() instanceof Aggregate aggregate) || seen.contains(table.name())) {
        continue;
      }
      Optional<String> id =
          key.isPresent() ? key : source.anyValue(table.name(), aggregate.column());
      if (id.isEmpty()) {
        continue;
      }
      Map<TableName, List<Row>> rows = rows(domain, shapes, table, aggregate, id.get());
      rows.forEach((name, found) -> seen.addAll(found.isEmpty() ? Set.of() : Set.of(name)));
      if (!rows.get(table.name()).isEmpty()) {
        samples.add(
            MappingCheck.sample(
                pools.of(settings.storeOf(domain)), domain, source.name(), shapes, rows, id.get()));
      }
    }
    return samples;
  }

  private Map<TableName, List<Row>> rows(
      Domain domain, List<TableShape> shapes, CapturedTable first, Aggregate aggregate, String id) {
    String type = type(shapes, first.name(), aggregate.column());
    var rows = new LinkedHashMap<TableName, List<Row>>();
    for (CapturedTable table : domain.tables()) {
      // Ids of another type belong to other aggregates: a role's number is no user's uuid.
      if (table.role() instanceof Aggregate own
          && type.equals(type(shapes, table.name(), own.column()))) {
        rows.put(table.name(), rows(shapes, table.name(), own.column(), id));
      }
    }
    for (TableShape shape : shapes) {
      if (!rows.containsKey(shape.name())
          && domain.table(shape.name()).orElseThrow().role() instanceof CapturedTable.Reference) {
        rows.put(shape.name(), lookedUp(shapes, shape, List.copyOf(rows.values())));
      }
    }
    return rows;
  }

  /** The rows of a reference whose key stands in a column of the same name in the sample's rows. */
  private List<Row> lookedUp(
      List<TableShape> shapes, TableShape reference, List<List<Row>> sampled) {
    if (reference.primaryKey().size() != 1) {
      return List.of();
    }
    String column = reference.primaryKey().get(0);
    var values = new LinkedHashSet<String>();
    for (List<Row> rows : sampled) {
      for (Row row : rows) {
        if (row.has(column) && row.get(column) != null) {
          values.add(row.get(column));
        }
      }
    }
    var found = new ArrayList<Row>();
    values.stream()
        .limit(100)
        .forEach(value -> found.addAll(rows(shapes, reference.name(), column, value)));
    return found;
  }

  /** Only the columns that may leave the source. */
  private List<Row> rows(List<TableShape> shapes, TableName table, String column, String value) {
    List<String> columns =
        shape(shapes, table).columns().stream().map(TableShape.Column::name).toList();
    return source.sample(table, column, value).stream().map(row -> row.only(columns)).toList();
  }

  private static String type(List<TableShape> shapes, TableName table, String column) {
    return shape(shapes, table).column(column).map(TableShape.Column::type).orElse("");
  }

  private static TableShape shape(List<TableShape> shapes, TableName table) {
    return shapes.stream().filter(s -> s.name().equals(table)).findFirst().orElseThrow();
  }
}
