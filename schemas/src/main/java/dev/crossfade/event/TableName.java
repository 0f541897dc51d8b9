package dev.crossfade.event;

/** A table of the source. Text form {@code schema.table}. */
public record TableName(String schema, String table) implements Comparable<TableName> {
  public TableName {
    if (schema.isEmpty() || table.isEmpty()) {
      throw new IllegalArgumentException("a table name needs a schema and a table");
    }
  }

  /** Parses {@code schema.table}; a bare name is one in {@code public}. */
  public static TableName parse(String text) {
    int dot = text.indexOf('.');
    return dot < 0
        ? new TableName("public", text)
        : new TableName(text.substring(0, dot), text.substring(dot + 1));
  }

  @Override
  public int compareTo(TableName other) {
    int bySchema = schema.compareTo(other.schema);
    return bySchema != 0 ? bySchema : table.compareTo(other.table);
  }

  @Override
  public String toString() {
    return schema + "." + table;
  }
}
