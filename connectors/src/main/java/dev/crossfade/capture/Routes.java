package dev.crossfade.capture;

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
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;

/**
 * Where each table's rows go, and with which columns. Remembers the schemas that it saw last; for
 * one thread.
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
      this.row = new Columns(shape.name(), shape.columns());
      this.key =
          new Columns(
              shape.name(),
              shape.primaryKey().stream().map(name -> shape.column(name).orElseThrow()).toList());
    }

    String topic() {
      return topic;
    }

    TableShape shape() {
      return shape;
    }

    /** What the struct says of the columns that may leave; unchanged large values are left out. */
    Row row(Struct struct) {
      return row.of(struct);
    }

    Row key(Struct struct) {
      Row found = key.of(struct);
      if (found.size() != shape.primaryKey().size()) {
        throw new IllegalStateException(
            "a change of %s has the key %s, expected %s"
                .formatted(shape.name(), found.names(), shape.primaryKey()));
      }
      return found;
    }
  }

  /** Some columns of a table; where they are in a struct is looked up once a schema. */
  private static final class Columns {
    private final TableName table;
    private final String[] names;
    private final ColumnForm[] forms;
    private final Field[] fields;
    private Schema schema;

    Columns(TableName table, List<TableShape.Column> columns) {
      this.table = table;
      this.names = columns.stream().map(TableShape.Column::name).toArray(String[]::new);
      this.forms =
          columns.stream().map(column -> ColumnForm.of(column.type())).toArray(ColumnForm[]::new);
      this.fields = new Field[names.length];
    }

    Row of(Struct struct) {
      if (!isSame(struct.schema(), schema)) {
        for (int i = 0; i < names.length; i++) {
          fields[i] = struct.schema().field(names[i]);
        }
        schema = struct.schema();
      }
      var row = Row.builder(names.length);
      for (int i = 0; i < names.length; i++) {
        if (fields[i] != null) { // or the column was dropped at the source, or is not in this image
          add(row, names[i], forms[i], text(struct, fields[i]));
        }
      }
      return row.build();
    }

    /** Not a column's default where the value is null. */
    private static String text(Struct struct, Field field) {
      return (String)
          (field.schema().defaultValue() == null
              ? struct.get(field)
              : struct.getWithoutDefault(field.name()));
    }

    private void add(Row.Builder row, String name, ColumnForm form, String text) {
      if (text == null) {
        row.text(name, null);
      } else if (isSame(text, ServerText.BROKEN)) {
        throw new IllegalStateException(
            "a value of column " + name + " of " + table + " could not be read exactly");
      } else if (!isSame(text, ServerText.UNAVAILABLE)) {
        form.add(row, name, text);
      }
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(Object one, Object other) {
      return one == other;
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
