package dev.crossfade.mirror;

import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import java.util.Optional;

/**
 * What a batch knows of one row after all its changes: one entry a key, however often the row
 * changed. Mutable, owned by its {@link MergedTable}.
 */
final class MergedRow {
  /** Stands for a column of which the batch does not know the value; compared by identity. */
  static final String UNKNOWN = new String("unknown");

  final Row key;
  Position position;
  boolean deleted;

  /** One text a column of the mirror table, null for SQL NULL, {@link #UNKNOWN} if not known. */
  String[] values;

  /** The key of the mirror row that has the values that are not known, if it is not this row's. */
  Optional<Row> heir = Optional.empty();

  MergedRow(Row key) {
    this.key = key;
  }

  boolean complete() {
    for (String value : values) {
      if (value == UNKNOWN) {
        return false;
      }
    }
    return true;
  }

  /** Takes the values that this row does not know from another one. */
  void inherit(MergedRow other) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] == UNKNOWN) {
        values[i] = other.values[i];
      }
    }
  }
}
