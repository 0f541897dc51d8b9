package dev.crossfade.mirror;

import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.wire.WireFormat;
import java.util.List;
import java.util.Optional;

/**
 * What a batch knows of one row after all its changes: one entry a key, however often the row
 * changed. Mutable, owned by its {@link MergedTable}.
 */
final class MergedRow {
  final Row key;

  Position position;
  boolean deleted;

  /**
   * Whether the batch has the row's whole life since its birth, in an epoch whose load is complete.
   * If the mirror has a row under this key, then it is this one, in an aggregate that an event of
   * the batch names: it is not asked which aggregate the row left.
   */
  boolean born;

  /**
   * Whether a load read it that is the first to come to its end here: no deleted row can be newer.
   */
  boolean ofFirstLoad;

  /** Where the first change stands that the batch has of the row. */
  Position first;

  /** Whether it was written before its batch's turn. */
  boolean ahead;

  Values values;

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

  MergedRow(Row key) {
    this.key = key;
  }

  /**
   * The key in canonical JSON. Made anew each time, as it is needed once and would be held long.
   */
  String canonical() {
    return WireFormat.canonical(key);
  }

  boolean complete() {
    return values.complete();
  }

  /**
   * Whether no deleted row is newer, and the mirror ought to have no row under its key: it was born
   * in the batch behind all that the mirror ever had, or is read by the first load. (One that did
   * not come to its end may have left it.)
   *
   * @param furthest that the mirror ever had; if it is empty, it is not known
   */
  boolean isNew(Optional<Position> furthest) {
    return furthest.isPresent() && (ofFirstLoad || born && first.compareTo(furthest.get()) > 0);
  }

  /** Takes the values that this row does not know from another one. */
  void inherit(Values other) {
    values = values.or(other);
  }
}
