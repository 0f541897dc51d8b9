package dev.crossfade.mirror;

import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import java.util.List;
import java.util.Optional;

/**
 * What a batch knows of one row after all its changes: one entry a key, however often the row
 * changed. Mutable, owned by its {@link MergedTable}.
 */
final class MergedRow {
  /** Stands for a column of which the batch does not know the value; compared by identity. */
  static final String UNKNOWN = new String("unknown");

  final Row key;

  /** The key in canonical JSON. */
  final String canonical;

  Position position;
  boolean deleted;

  /**
   * Whether the batch has the row's whole life since its birth, in an epoch whose load is complete.
   * If the mirror has a row under this key, then it is this one, in an aggregate that an event of
   * the batch names: it is not asked which aggregate the row left.
   */
  boolean born;

  /** Whether it was written before its batch's turn. */
  boolean ahead;

  /** One text a column of the mirror table, null for SQL NULL, {@link #UNKNOWN} if not known. */
  String[] values;

  /**
   * Where the mirror may have the values that are not known, if this row's primary key changed: the
   * newest key first, the one under which the batch found the row last. The mirror may be ahead of
   * the batch, and a former key may belong to another row there; so the first stop that the mirror
   * has reached counts.
   */
  List<Stop> stops = List.of();

  /**
   * @param arrived the position of the move to this key; empty for the oldest key
   */
  record Stop(Row key, Optional<Position> arrived) {}

  MergedRow(Row key, String canonical) {
    this.key = key;
    this.canonical = canonical;
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
