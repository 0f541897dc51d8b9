package dev.crossfade.mirror;

import static dev.crossfade.mirror.Mirror.texts;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.store.Trip;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Writes one merged table into the mirror: at most one statement for each kind of row, which go to
 * the store together.
 */
final class MirrorWrite {
  private final Trip trip;
  private final Connection connection;
  private final MergedTable merged;
  private final MirrorTable table;

  MirrorWrite(Trip trip, MergedTable merged) {
    this.trip = trip;
    this.connection = trip.connection();
    this.merged = merged;
    this.table = merged.table;
  }

  /**
   * Deletes what the mirror has from before the truncation, and leaves its position as a floor.
   *
   * @return the aggregates of the rows; of a reference table the rows' keys
   */
  Set<String> truncate() throws SQLException {
    trip.send();
    Position floor = merged.truncated.orElseThrow();
    String given =
        dev.crossfade.store.Quote.name(table.aggregate().orElse(table.shape().primaryKey().get(0)))
            + "::text";
    String sql =
        """
        with floor as (
          insert into crossfade.floor as f (table_name, epoch, base, lsn) values (?, ?, ?::pg_lsn, ?::pg_lsn)
          on conflict (table_name) do update set epoch = excluded.epoch, base = excluded.base, lsn = excluded.lsn
          where (f.epoch, f.base, f.lsn) < (excluded.epoch, excluded.base, excluded.lsn)),
        gone as (
          delete from %s where (_epoch, _base, _lsn) < (?, ?::pg_lsn, ?::pg_lsn) returning %s as aggregate)
        select distinct aggregate from gone where aggregate is not null
        """
            .formatted(table.table(), given);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, table.plainName());
      for (int at : new int[] {2, 5}) {
        statement.setInt(at, floor.epoch());
        statement.setString(at + 1, floor.base().toString());
        statement.setString(at + 2, floor.lsn().toString());
      }
      var gone = new java.util.LinkedHashSet<String>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          gone.add(rows.getString(1));
        }
      }
      return gone;
    }
  }

  /**
   * Adds to the trip what writes the rows that were not written ahead. When it is sent, the
   * aggregates that they left are added to those that were touched.
   */
  void rows(Set<AggregateId> touched) throws SQLException {
    fillFromMirror();
    var deleted = new ArrayList<MergedRow>();
    var complete = new ArrayList<MergedRow>();
    var partial = new LinkedHashMap<List<Integer>, List<MergedRow>>();
    for (MergedRow row : merged.rows.values()) {
      if (row.ahead) {
        continue;
      } else if (row.deleted) {
        deleted.add(row);
      } else if (row.complete()) {
        complete.add(row);
      } else {
        partial.computeIfAbsent(known(row), k -> new ArrayList<>()).add(row);
      }
    }
    delete(deleted, touched);
    upsert(complete, touched);
    for (Map.Entry<List<Integer>, List<MergedRow>> group : partial.entrySet()) {
      update(group.getKey(), group.getValue(), touched);
    }
  }

  private void delete(List<MergedRow> rows, Set<AggregateId> touched) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    trip.add(
        table.sql().delete(),
        (statement, first) -> {
          int at = first;
          for (String column : table.shape().primaryKey()) {
            statement.setArray(at++, array(texts(rows, r -> r.key.get(column))));
          }
          at = position(statement, at, rows);
          int aggregate = table.aggregate().map(table::place).orElse(-1);
          statement.setArray(
              at++,
              array(
                  texts(
                      rows,
                      r ->
                          aggregate < 0 || r.values[aggregate] == MergedRow.UNKNOWN
                              ? null
                              : r.values[aggregate])));
          statement.setString(at++, table.plainName());
          statement.setString(at++, table.plainName());
          return at;
        },
        rows.size(),
        answer -> collect(answer, touched));
  }

  /** Adds to the trip what writes rows of which every column is known, as above. */
  void upsert(List<MergedRow> rows, Set<AggregateId> touched) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    trip.add(
        table.sql().upsert(),
        (statement, first) -> {
          int at = first;
          for (int column = 0; column < table.shape().columns().size(); column++) {
            int place = column;
            statement.setArray(at++, array(texts(rows, r -> r.values[place])));
          }
          at = position(statement, at, rows);
          if (table.rowsMove()) {
            Boolean[] known = rows.stream().map(r -> !r.born).toArray(Boolean[]::new);
            statement.setArray(at++, connection.createArrayOf("bool", known));
          }
          statement.setString(at++, table.plainName());
          return at;
        },
        rows.size(),
        answer -> collect(answer, touched));
  }

  private void update(List<Integer> known, List<MergedRow> rows, Set<AggregateId> touched)
      throws SQLException {
    trip.add(
        table.sql().update(known),
        (statement, first) -> {
          int at = first;
          for (int place : known) {
            statement.setArray(at++, array(texts(rows, r -> r.values[place])));
          }
          at = position(statement, at, rows);
          statement.setString(at++, table.plainName());
          return at;
        },
        rows.size(),
        answer -> {
          int missing = collect(answer, touched);
          if (missing > 0) {
            throw new MirrorGapException(table.plainName(), missing);
          }
        });
  }

  /**
   * Rows whose primary key changed take unavailable columns from the mirror: from their newest key
   * if the mirror has that move already, else from the keys before it.
   */
  private void fillFromMirror() throws SQLException {
    var movers = new ArrayList<MergedRow>();
    var stops = new ArrayList<MergedRow.Stop>();
    for (MergedRow row : merged.rows.values()) {
      if (!row.deleted && !row.complete()) {
        for (MergedRow.Stop stop : row.stops) {
          movers.add(row);
          stops.add(stop);
        }
      }
    }
    if (stops.isEmpty()) {
      return;
    }
    trip.send(); // what is read may be written by it
    var filled = new HashSet<MergedRow>();
    try (PreparedStatement read = connection.prepareStatement(table.sql().read())) {
      int at = 1;
      for (String column : table.shape().primaryKey()) {
        read.setArray(at++, array(texts(stops, s -> s.key().get(column))));
      }
      Integer[] numbers = new Integer[stops.size()];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = i;
      }
      read.setArray(at, connection.createArrayOf("int4", numbers));
      try (ResultSet rows = read.executeQuery()) {
        while (rows.next()) {
          MergedRow mover = movers.get(rows.getInt(1));
          Optional<Position> arrived = stops.get(rows.getInt(1)).arrived();
          var found =
              new Position(
                  rows.getInt(2), Lsn.parse(rows.getString(3)), Lsn.parse(rows.getString(4)));
          if (arrived.isPresent() && found.compareTo(arrived.get()) < 0 || !filled.add(mover)) {
            continue;
          }
          for (int i = 0; i < mover.values.length; i++) {
            if (mover.values[i] == MergedRow.UNKNOWN) {
              mover.values[i] = rows.getString(i + 5);
            }
          }
        }
      }
    }
  }

  private List<Integer> known(MergedRow row) {
    var known = new ArrayList<Integer>();
    for (int i = 0; i < row.values.length; i++) {
      if (row.values[i] != MergedRow.UNKNOWN) {
        known.add(i);
      }
    }
    return known;
  }

  private int position(PreparedStatement statement, int at, List<MergedRow> rows)
      throws SQLException {
    Integer[] epochs = rows.stream().map(r -> r.position.epoch()).toArray(Integer[]::new);
    statement.setArray(at++, array(texts(rows, r -> r.canonical)));
    statement.setArray(at++, connection.createArrayOf("int4", epochs));
    statement.setArray(at++, array(texts(rows, r -> r.position.base().toString())));
    statement.setArray(at++, array(texts(rows, r -> r.position.lsn().toString())));
    return at;
  }

  private Array array(String[] texts) throws SQLException {
    return connection.createArrayOf("text", texts);
  }

  /** Adds the aggregates that a statement returned; counts its NULLs. */
  private int collect(ResultSet rows, Set<AggregateId> touched) throws SQLException {
    String type = table.aggregate().map(table::canonicalType).orElse("text");
    int nulls = 0;
    while (rows.next()) {
      String aggregate = rows.getString(1);
      if (aggregate == null) {
        nulls++;
      } else {
        touched.add(new AggregateId(type, aggregate));
      }
    }
    return nulls;
  }
}
