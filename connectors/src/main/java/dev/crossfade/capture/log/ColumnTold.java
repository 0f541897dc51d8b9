package dev.crossfade.capture.log;

import io.debezium.relational.Column;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A column's type as the log describes it, so that two descriptions can be told apart although all
 * values are texts. Of types whose name, length and scale do not say all that the catalog has to
 * say, each description is one of its own: their tables are looked up in the catalog each time.
 */
final class ColumnTold {
  /** Built-in types have lower numbers (PostgreSQL's FirstNormalObjectId). */
  private static final int OWN_TYPES = 16_384;

  /** Without modifiers, or with modifiers that Debezium tells as length and scale. */
  private static final Set<String> WHOLE =
      Set.of(
          "bool",
          "int2",
          "int4",
          "int8",
          "float4",
          "float8",
          "numeric",
          "text",
          "varchar",
          "bpchar",
          "date",
          "time",
          "timestamp",
          "timestamptz",
          "uuid",
          "json",
          "jsonb",
          "bytea",
          "xml",
          "inet",
          "cidr",
          "macaddr");

  private static final AtomicLong UNLIKE = new AtomicLong();

  private ColumnTold() {}

  static String of(Column column) {
    if (!WHOLE.contains(column.typeName()) || column.nativeType() >= OWN_TYPES) {
      return "described " + UNLIKE.incrementAndGet();
    }
    return "%s %d %s %s %s"
        .formatted(
            column.typeName(),
            column.nativeType(),
            column.length(),
            column.scale(),
            column.isOptional());
  }
}
