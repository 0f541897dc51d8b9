package dev.crossfade.mirror;

import dev.crossfade.event.Row;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Collects the aggregates that changes touch. Most changes touch the same as the one before, as the
 * items of an order come with it, and each change may name its aggregate three times. One thread.
 */
final class Touched {
  private final Set<AggregateId> ids = new LinkedHashSet<>();

  /**
   * What was added last: its type, whether blanks that pad it do not count, and where its id is.
   */
  private String type = "";

  private boolean padded;

  private Row row = Row.EMPTY;
  private int at;

  /**
   * Adds the aggregate that a row names, if it does.
   *
   * @param column the table's column that holds the aggregate's id
   */
  void add(MirrorTable table, String column, Row from) {
    int i = from.indexOf(column);
    if (i < 0 || from.isNull(i)) {
      return;
    }
    String columnType = table.canonicalType(column);
    boolean columnPadded = table.padded(column);
    if (!columnType.equals(type) || columnPadded != padded || !from.sameText(i, row, at)) {
      ids.add(new AggregateId(columnType, table.aggregateId(column, from.text(i))));
      type = columnType;
      padded = columnPadded;
      row = from;
      at = i;
    }
  }

  Set<AggregateId> ids() {
    return ids;
  }
}
