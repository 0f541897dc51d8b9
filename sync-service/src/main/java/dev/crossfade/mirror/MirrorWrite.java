package dev.crossfade.mirror;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableShape;
import dev.crossfade.store.Elements;
import dev.crossfade.store.Trip;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLDataException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;

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
        partial.computeIfAbsent(row.values.known(), k -> new ArrayList<>()).add(row);
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
            statement.setArray(at++, keys(table.place(column), rows, r -> r.key.get(column)));
          }
          at = position(statement, keys(statement, at, rows), rows);
          int aggregate = table.aggregate().map(table::place).orElse(-1);
          statement.setArray(
              at++,
              array(
                  Elements.Type.TEXT,
                  rows,
                  (column, r) -> {
                    if (aggregate >= 0 && r.values.known(aggregate)) {
                      r.values.to(aggregate, column::utf8, column::none);
                    } else {
                      column.none();
                    }
                  }));
          statement.setString(at++, table.plainName());
          statement.setString(at++, table.plainName());
          return at;
        },
        rows.size(),
        answer -> collect(answer, touched));
  }

  /**
   * Adds to the trip what writes rows of which every column is known and which the mirror ought not
   * to have. If it has one, the trip fails.
   */
  void insert(List<MergedRow> rows) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    trip.add(
        table.sql().insert(),
        (statement, first) ->
            position(statement, values(statement, first, table.places(), rows), rows),
        written -> {});
  }

  /** Adds to the trip what writes rows of which every column is known, as above. */
  void upsert(List<MergedRow> rows, Set<AggregateId> touched) throws SQLException {
    if (rows.isEmpty()) {
      return;
    }
    trip.add(
        table.sql().upsert(),
        (statement, first) -> {
          int at = values(statement, first, table.places(), rows);
          at = position(statement, keys(statement, at, rows), rows);
          if (table.rowsMove()) {
            statement.setArray(
                at++, array(Elements.Type.BOOLEAN, rows, (known, r) -> known.truth(!r.born)));
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
          int at = values(statement, first, known, rows);
          at = position(statement, keys(statement, at, rows), rows);
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
        read.setArray(at++, keys(table.place(column), stops, s -> s.key().get(column)));
      }
      var numbers = new Elements(Elements.Type.INTEGER, stops.size());
      for (int i = 0; i < stops.size(); i++) {
        numbers.integer(i);
      }
      read.setArray(at, numbers.array(connection));
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
          mover.inherit(mirrored(rows, 5));
        }
      }
    }
  }

  /** What the mirror has of a row, every column from the given one of the result on. */
  private Values mirrored(ResultSet rows, int first) throws SQLException {
    List<TableShape.Column> columns = table.shape().columns();
    var found = Row.builder(columns.size());
    for (int i = 0; i < columns.size(); i++) {
      found.text(columns.get(i).name(), rows.getString(first + i));
    }
    return table.values(found.build());
  }

  private int keys(PreparedStatement statement, int at, List<MergedRow> rows) throws SQLException {
    statement.setArray(
        at, array(Elements.Type.TEXT, rows, (keys, row) -> keys.text(row.canonical())));
    return at + 1;
  }

  private int position(PreparedStatement statement, int first, List<MergedRow> rows)
      throws SQLException {
    var epochs = new Elements(Elements.Type.INTEGER, rows.size());
    var bases = new Elements(Elements.Type.PG_LSN, rows.size());
    var lsns = new Elements(Elements.Type.PG_LSN, rows.size());
    for (MergedRow row : rows) {
      epochs.integer(row.position.epoch());
      bases.lsn(row.position.base().value());
      lsns.lsn(row.position.lsn().value());
    }
    int at = first;
    for (Elements column : List.of(epochs, bases, lsns)) {
      statement.setArray(at++, column.array(connection));
    }
    return at;
  }

  private <T> Array keys(int place, List<T> of, Function<T, String> text) throws SQLException {
    var keys = new Elements(table.sent(place), of.size());
    try {
      of.forEach(one -> keys.text(text.apply(one)));
    } catch (IllegalArgumentException e) {
      throw noValue(place, e);
    }
    return keys.array(connection);
  }

  /** Row by row, not column by column: a row's texts lie side by side. */
  private int values(
      PreparedStatement statement, int first, List<Integer> places, List<MergedRow> rows)
      throws SQLException {
    int size = places.size();
    int[] place = new int[size];
    var columns = new Elements[size];
    List<Row.Utf8<RuntimeException>> texts = new ArrayList<>(); // not made anew for each value
    List<Runnable> nones = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      place[i] = places.get(i);
      var column = new Elements(table.sent(place[i]), rows.size());
      columns[i] = column;
      texts.add(column::utf8);
      nones.add(column::none);
    }
    for (MergedRow row : rows) {
      for (int i = 0; i < size; i++) {
        try {
          row.values.to(place[i], texts.get(i), nones.get(i));
        } catch (IllegalArgumentException e) {
          throw noValue(place[i], e);
        }
      }
    }
    int at = first;
    for (Elements column : columns) {
      statement.setArray(at++, column.array(connection));
    }
    return at;
  }

  /** A text is no value of the column's type: as the server would say it. */
  private SQLException noValue(int place, IllegalArgumentException e) {
    return new SQLDataException(
        "column %s of %s: %s"
            .formatted(
                table.shape().columns().get(place).name(), table.plainName(), e.getMessage()),
        "22P02",
        e);
  }

  private <T> Array array(Elements.Type type, List<T> of, BiConsumer<Elements, T> add)
      throws SQLException {
    var elements = new Elements(type, of.size());
    of.forEach(one -> add.accept(elements, one));
    return elements.array(connection);
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
