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
import org.apache.kafka.connect.data.Struct;

/**
 * Where each table's rows go, and with which columns. Immutable but for a map of plans; for one
 * thread.
 */
final class Routes {
  /** One table in one topic. */
  record Route(String topic, TableShape shape, List<ColumnForm> forms, List<ColumnForm> keyForms) {
    Route(String topic, TableShape shape) {
      this(
          topic,
          shape,
          shape.columns().stream().map(column -> ColumnForm.of(column.type())).toList(),
          shape.primaryKey().stream()
              .map(name -> ColumnForm.of(shape.column(name).orElseThrow().type()))
              .toList());
    }

    /** What the struct says of the columns that may leave; unchanged large values are left out. */
    Row row(Struct struct) {
      var row = Row.builder(forms.size());
      for (int i = 0; i < forms.size(); i++) {
        add(row, struct, shape.columns().get(i).name(), forms.get(i));
      }
      return row.build();
    }

    Row key(Struct struct) {
      var row = Row.builder(shape.primaryKey().size());
      for (int i = 0; i < keyForms.size(); i++) {
        add(row, struct, shape.primaryKey().get(i), keyForms.get(i));
      }
      Row key = row.build();
      if (key.size() != shape.primaryKey().size()) {
        throw new IllegalStateException(
            "a change of %s has the key %s, expected %s"
                .formatted(shape.name(), key.names(), shape.primaryKey()));
      }
      return key;
    }

    private void add(Row.Builder row, Struct struct, String name, ColumnForm form) {
      if (struct.schema().field(name) == null) {
        return; // the column was dropped at the source, or is not in this image
      }
      // not get(): that gives a column's default where the value is null
      String text = (String) struct.getWithoutDefault(name);
      if (text == null) {
        row.text(name, null);
      } else if (isSame(text, ServerText.BROKEN)) {
        throw new IllegalStateException(
            "a value of column " + name + " of " + shape.name() + " could not be read exactly");
      } else if (!isSame(text, ServerText.UNAVAILABLE)) {
        form.add(row, name, text);
      }
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(String text, String mark) {
      return text == mark;
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
