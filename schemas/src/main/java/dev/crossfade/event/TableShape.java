package dev.crossfade.event;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What the source's catalog says of a captured table, as far as it leaves the source.
 *
 * @param columns in the source's order
 * @param primaryKey column names in key order, never empty
 */
public record TableShape(TableName name, List<Column> columns, List<String> primaryKey) {
  /**
   * @param type as PostgreSQL's {@code format_type} prints it, for example {@code numeric(12,2)}; a
   *     type that only the source has (an enum, a domain) is already replaced by the built-in one
   *     that a store can hold
   */
  public record Column(String name, String type, boolean notNull) {}

  public TableShape {
    columns = List.copyOf(columns);
    primaryKey = List.copyOf(primaryKey);
    var names = new HashSet<String>();
    for (Column column : columns) {
      if (!names.add(column.name())) {
        throw new IllegalArgumentException(name + " names the column " + column.name() + " twice");
      }
    }
    if (primaryKey.isEmpty()) {
      throw new IllegalArgumentException(name + " has no primary key");
    }
    if (!names.containsAll(primaryKey)) {
      throw new IllegalArgumentException(
          name + ": the primary key " + primaryKey + " is not among the columns " + names);
    }
  }

  public Optional<Column> column(String columnName) {
    return columns.stream().filter(c -> c.name().equals(columnName)).findFirst();
  }
}
