package dev.crossfade.capture;

import dev.crossfade.capture.log.Image;
import dev.crossfade.capture.log.TableTold;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.source.postgresql.ColumnForm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where each table's rows go, and with which columns. Remembers the descriptions that it saw last;
 * for one thread.
 */
final class Routes {
  /** One table in one topic. */
  static final class Route {
    private final String topic;
    private final TableShape shape;
    private final Columns row;
    private final Columns key;

    Route(String topic, TableShape shape) {
      this.topic = topic;
      this.shape = shape;
      this.row = new Columns(shape.columns());
      this.key =
          new Columns(
              shape.primaryKey().stream().map(name -> shape.column(name).orElseThrow()).toList());
    }

    String topic() {
      return topic;
    }

    TableShape shape() {
      return shape;
    }

    /** What is said of the columns that may leave; unchanged large values are left out. */
    Row row(Image image) {
      return row.of(image);
    }

    /** The primary key, of which every value must be said. */
    Row key(Optional<Image> image) {
      Row found = image.map(key::of).orElse(Row.EMPTY);
      if (found.size() != shape.primaryKey().size() || hasNull(found)) {
        throw new IllegalStateException(
            "a change of %s does not say its key %s: what the log says of a row that was is the"
                    .formatted(shape.name(), shape.primaryKey())
                + " key only if that is the table's replica identity; restore it by ALTER TABLE"
                + " ... REPLICA IDENTITY DEFAULT, and ask for a new load of the source");
      }
      return found;
    }

    private static boolean hasNull(Row row) {
      for (int i = 0; i < row.size(); i++) {
        if (row.isNull(i)) {
          return true;
        }
      }
      return false;
    }
  }

  /** Some columns of a table; where they are is looked up once a description. */
  private static final class Columns {
    private final String[] names;
    private final ColumnForm[] forms;
    private final int[] places;
    private final Row.Builder rows;
    private TableTold table;

    Columns(List<TableShape.Column> columns) {
      this.names = columns.stream().map(TableShape.Column::name).toArray(String[]::new);
      this.forms =
          columns.stream().map(column -> ColumnForm.of(column.type())).toArray(ColumnForm[]::new);
      this.places = new int[names.length];
      this.rows = Row.builder(names.length);
    }

    @SuppressWarnings("ReferenceEquality")
    Row of(Image image) {
      if (image.table() != table) {
        table = image.table();
        for (int i = 0; i < names.length; i++) {
          places[i] = table.columns().indexOf(names[i]);
        }
      }
      rows.begin();
      for (int i = 0; i < names.length; i++) {
        int place = places[i];
        // or the column was dropped at the source
        if (place >= 0 && image.isKnown(place)) {
          if (image.texts().isNull(place)) {
            rows.text(names[i], null);
          } else {
            forms[i].add(rows, names[i], image.texts(), place);
          }
        }
      }
      return rows.build();
    }
  }

  private final Map<TableName, List<Route>> byTable = new HashMap<>();
  private final Map<String, List<TableShape>> byTopic = new LinkedHashMap<>();

  /**
   * @param shapes of each domain's tables, in the order of the domains
   */
  Routes(List<Domain> domains, List<List<TableShape>> shapes) {
    for (int i = 0; i < domains.size(); i++) {
      String topic = domains.get(i).topic();
      byTopic.put(topic, shapes.get(i));
      for (TableShape shape : shapes.get(i)) {
        byTable
            .computeIfAbsent(shape.name(), name -> new ArrayList<>())
            .add(new Route(topic, shape));
      }
    }
  }

  /** Whether the other routes carry the same tables, columns and types. */
  boolean sameShapes(Routes other) {
    return byTopic.equals(other.byTopic);
  }

  List<String> topics() {
    return List.copyOf(byTopic.keySet());
  }

  List<TableShape> shapes(String topic) {
    return byTopic.get(topic);
  }

  List<TableName> tables() {
    return byTable.keySet().stream().sorted().toList();
  }

  List<Route> of(TableName table) {
    List<Route> routes = byTable.get(table);
    if (routes == null) {
      throw new IllegalStateException(
          "the publication sent a change of " + table + ", which no domain captures");
    }
    return routes;
  }
}
