package dev.crossfade.mirror;

import static java.util.stream.Collectors.partitioningBy;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.store.Trip;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A batch of changes, merged to at most one row a key, on its way into the mirror: {@link #write},
 * before which a part may be written {@link #ahead}. Made by {@link Mirror#merge}. For one thread
 * at a time.
 */
public final class MirrorBatch {
  private static final String UNIQUE_VIOLATION = "23505";

  /** In the order of the mirror's tables: another order would be another text to be prepared. */
  private final List<MergedTable> tables;

  private final Set<AggregateId> touched;
  private final Map<CapturedTable, Set<String>> references;

  MirrorBatch(
      List<MergedTable> tables,
      Set<AggregateId> touched,
      Map<CapturedTable, Set<String>> references) {
    this.tables = tables;
    this.touched = touched;
    this.references = references;
  }

  /**
   * Sends what writes rows that the batch before does not have, while the transaction of that one
   * may still be open in another session: neither needs to know of the other's rows, nor waits for
   * them. All other rows wait for {@link #write}: a statement does not see what another transaction
   * has not committed, and where it has to, as to delete a row, it would miss it. So do all rows of
   * a table of which {@link #write} is to read what the mirror had before this batch.
   *
   * @param trip of the transaction that writes this batch
   * @param before the only batch that is not known to be committed
   * @param newAfter the furthest position that the mirror has ever had: rows that were born in this
   *     batch, and after it, are inserted without being looked for, and so are those of a store's
   *     first load, each of which comes once. If it is empty, none are. If the mirror has one all
   *     the same, as somebody else wrote it, {@link #rowWasThere} tells by the failure, and the
   *     transaction has to be ended
   */
  public void ahead(Trip trip, MirrorBatch before, Optional<Position> newAfter)
      throws SQLException {
    if (before.truncates() || truncates()) {
      return;
    }
    for (MergedTable table : tables) {
      if (!table.table.textTellsKeys() || table.readsMirror()) {
        continue;
      }
      Set<Row> waiting = before.keys(table.table.shape().name());
      List<MergedRow> rows =
          table.rows.values().stream()
              .filter(r -> !r.deleted && r.complete() && !waiting.contains(r.key))
              .toList();
      Map<Boolean, List<MergedRow>> byNew =
          rows.stream().collect(partitioningBy(row -> row.isNew(newAfter)));
      var write = new MirrorWrite(trip, table);
      write.insert(byNew.get(true));
      write.upsert(byNew.get(false), touched);
      rows.forEach(row -> row.ahead = true);
    }
    trip.send();
  }

  /**
   * Whether {@link #ahead} failed because of a row that is in the way: the mirror has one that was
   * taken to be new, or a unique index that somebody made has its values.
   */
  public static boolean rowWasThere(SQLException failure) {
    return UNIQUE_VIOLATION.equals(failure.getSQLState());
  }

  /** The transaction that wrote {@link #ahead} was ended without a commit. */
  public void takeBack() {
    tables.forEach(table -> table.rows.values().forEach(row -> row.ahead = false));
  }

  /**
   * Sends the trip, and with it what writes all that was not written ahead.
   *
   * @throws MirrorGapException if a change lacks columns that only the mirror could have and the
   *     mirror does not have the row
   */
  public void write(Trip trip) throws SQLException {
    for (MergedTable table : tables) {
      var write = new MirrorWrite(trip, table);
      if (table.truncated.isPresent()) {
        Set<String> gone = write.truncate();
        if (table.table.aggregate().isPresent()) {
          String type = table.table.canonicalType(table.table.aggregate().get());
          gone.forEach(id -> touched.add(new AggregateId(type, id)));
        } else {
          references
              .computeIfAbsent(table.table.captured(), t -> new LinkedHashSet<>())
              .addAll(gone);
        }
      }
      write.rows(touched);
    }
    trip.send();
  }

  /**
   * Every aggregate that the changes touch, whether or not the guard let them write a row. Complete
   * when all is written.
   */
  public Set<AggregateId> touched() {
    return touched;
  }

  /** The changed references, by table: their keys, for dependants. Complete when all is written. */
  public Map<CapturedTable, Set<String>> references() {
    return references;
  }

  private boolean truncates() {
    return tables.stream().anyMatch(table -> table.truncated.isPresent());
  }

  private Set<Row> keys(TableName name) {
    return tables.stream()
        .filter(table -> table.table.shape().name().equals(name))
        .findFirst()
        .map(table -> table.rows.keySet())
        .orElse(Set.of());
  }
}
