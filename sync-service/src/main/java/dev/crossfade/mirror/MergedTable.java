package dev.crossfade.mirror;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The changes of one table in one batch, merged to one row a key. An unavailable column takes the
 * key's last value earlier in the batch; keeping the newest change alone would lose it. One thread.
 */
final class MergedTable {
  final MirrorTable table;

  /** The last truncation in the batch: rows of the mirror before it go, rows below came after. */
  Optional<Position> truncated = Optional.empty();

  /** By key. */
  final Map<Row, MergedRow> rows = new LinkedHashMap<>();

  private final Map<Row.Columns, Values.Places> places = new IdentityHashMap<>();
  private final int loadedEpoch;

  /**
   * @param loadedEpoch the last epoch whose load is complete, 0 before the first
   */
  MergedTable(MirrorTable table, int loadedEpoch) {
    this.table = table;
    this.loadedEpoch = loadedEpoch;
  }

  void add(ChangeEvent change) {
    switch (change.op()) {
      case TRUNCATE -> {
        rows.clear();
        truncated = Optional.of(change.position());
      }
      case DELETE -> {
        MergedRow row = rows.computeIfAbsent(change.key(), MergedRow::new);
        row.deleted = true;
        row.position = change.position();
        row.first = row.first == null ? change.position() : row.first;
        row.stops = List.of();
        row.values = values(change.before());
      }
      case CREATE, UPDATE, READ -> put(change);
    }
  }

  /**
   * Whether what the mirror has from before the batch is to be read: a row has come to another key,
   * and not all of its values are known.
   */
  boolean readsMirror() {
    return rows.values().stream()
        .anyMatch(row -> !row.deleted && !row.stops.isEmpty() && !row.complete());
  }

  private void put(ChangeEvent change) {
    MergedRow before = rows.get(change.key());
    var row = new MergedRow(change.key());
    row.position = change.position();
    row.first = before == null ? change.position() : before.first;
    row.values = values(change.after());
    row.ofFirstLoad = before == null && change.op() == ChangeEvent.Op.READ && loadedEpoch == 0;
    row.born =
        before == null
            ? change.op() == ChangeEvent.Op.CREATE && change.position().epoch() == loadedEpoch
            : before.born && !before.deleted;
    if (!row.complete()) {
      if (change.moved()) {
        // Capture sends the row under its new key before it deletes the old one, so the old key
        // still has the values: earlier in this batch, else in the mirror.
        Row oldKey = change.before().only(table.shape().primaryKey());
        MergedRow old = rows.get(oldKey);
        if (old != null && !old.deleted) {
          row.inherit(old.values);
        }
        if (!row.complete()) {
          boolean movedBefore = old != null && !old.deleted && !old.stops.isEmpty();
          var stops = new ArrayList<MergedRow.Stop>();
          stops.add(new MergedRow.Stop(change.key(), Optional.of(change.position())));
          stops.addAll(
              movedBefore ? old.stops : List.of(new MergedRow.Stop(oldKey, Optional.empty())));
          row.stops = List.copyOf(stops);
        }
      } else if (before != null && !before.deleted) {
        row.inherit(before.values);
        row.stops = row.complete() ? List.of() : before.stops;
      }
    }
    rows.put(change.key(), row);
  }

  /** Rows that were read one after the other share their columns. */
  private Values values(Row row) {
    return new Values(row, places.computeIfAbsent(row.columns(), columns -> table.places(row)));
  }
}
