package dev.crossfade.store;

/** Quoting of names in generated SQL. */
public final class Quote {
  private Quote() {}

  /** A name as a quoted SQL identifier. */
  public static String name(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** {@code table} or {@code schema.table} as quoted SQL identifiers. */
  public static String table(String table) {
    int dot = table.indexOf('.');
    return dot < 0
        ? name(table)
        : name(table.substring(0, dot)) + "." + name(table.substring(dot + 1));
  }
}
