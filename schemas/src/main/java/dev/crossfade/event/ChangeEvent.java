package dev.crossfade.event;

import java.time.Instant;

/**
 * One change of one row of the source, or the truncation of a table.
 *
 * @param key the primary key's columns; empty for a truncation
 * @param before what the event says of the row before the change; empty if it says nothing. In a
 *     CREATE it is the key under which the same row stood before: its primary key was changed, and
 *     the columns that {@code after} lacks have the values that the row had there
 * @param after the row after the change; columns that it lacks are unchanged. Empty for DELETE and
 *     TRUNCATE
 * @param tx the transaction's id in the source, decimal; empty for rows of a load
 * @param ts commit time at the source
 * @param origin replication origin of the transaction, empty for none
 */
public record ChangeEvent(
    Op op,
    TableName table,
    Row key,
    Row before,
    Row after,
    Position position,
    String tx,
    Instant ts,
    String origin)
    implements TopicRecord {

  /** What happened; {@code code} is Debezium's letter. READ is a row of a load. */
  public enum Op {
    CREATE("c"),
    UPDATE("u"),
    DELETE("d"),
    READ("r"),
    TRUNCATE("t");

    private final String code;

    Op(String code) {
      this.code = code;
    }

    public String code() {
      return code;
    }

    public static Op of(String code) {
      for (Op op : values()) {
        if (op.code.equals(code)) {
          return op;
        }
      }
      throw new IllegalArgumentException("op must be one of c, u, d, r, t, found \"" + code + "\"");
    }
  }

  public ChangeEvent {
    boolean hasAfter = op == Op.CREATE || op == Op.UPDATE || op == Op.READ;
    if (hasAfter == after.isEmpty()) {
      throw new IllegalArgumentException(
          op + " on " + table + (hasAfter ? " lacks" : " must not have") + " an after image");
    }
    if ((op == Op.TRUNCATE) != key.isEmpty()) {
      throw new IllegalArgumentException(
          op + " on " + table + (key.isEmpty() ? " lacks" : " must not have") + " a key");
    }
  }

  /** Whether the row came here from another primary key. */
  public boolean moved() {
    return op == Op.CREATE && !before.isEmpty();
  }
}
