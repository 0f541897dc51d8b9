package dev.crossfade.source.postgresql;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableShape;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.Consumer;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;

/**
 * The snapshot that the server exports when it makes the slot: what it sees and what the slot will
 * stream meet exactly. For one thread. PostgreSQL manual, "Streaming Replication Protocol",
 * CREATE_REPLICATION_SLOT.
 */
public final class SnapshotLoad implements AutoCloseable {
  private final Connection reader;
  private final Lsn consistentPoint;

  private SnapshotLoad(Connection reader, Lsn consistentPoint) {
    this.reader = reader;
    this.consistentPoint = consistentPoint;
  }

  static SnapshotLoad open(Database database, String slot) throws SQLException {
    // the older spelling of the option: 14 to 18 all take it
    String create =
        "CREATE_REPLICATION_SLOT " + Database.quote(slot) + " LOGICAL pgoutput EXPORT_SNAPSHOT";
    try (Connection replication = database.openForReplication("slot");
        Statement statement = replication.createStatement();
        ResultSet made = statement.executeQuery(create)) {
      made.next();
      Lsn point = Lsn.parse(made.getString("consistent_point"));
      Connection reader = database.openForReading("load");
      try (Statement begin = reader.createStatement()) {
        begin.execute("begin isolation level repeatable read read only");
        begin.execute(
            "set transaction snapshot " + Database.literal(made.getString("snapshot_name")));
        return new SnapshotLoad(reader, point);
      } catch (SQLException e) {
        reader.close();
        throw e;
      }
    }
  }

  /** Where the stream goes on after this snapshot. */
  public Lsn consistentPoint() {
    return consistentPoint;
  }

  /** Hands over every row of the table, and returns how many there were. */
  public long read(TableShape shape, Consumer<Row> rows) throws SQLException {
    List<String> names = shape.columns().stream().map(TableShape.Column::name).toList();
    List<ColumnForm> forms =
        shape.columns().stream().map(column -> ColumnForm.of(column.type())).toList();
    CopyOut copy =
        reader
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyOut(
                "copy (select %s from only %s) to stdout"
                    .formatted(Database.list(names), Database.quote(shape.name())));
    long count = 0;
    try {
      for (byte[] line = copy.readFromCopy(); line != null; line = copy.readFromCopy()) {
        rows.accept(row(line, names, forms));
        count++;
      }
      return count;
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  /** One line of COPY's text format: fields between tabs, \N is null, backslash escapes. */
  static Row row(byte[] line, List<String> names, List<ColumnForm> forms) {
    var row = Row.builder(names.size());
    int column = 0;
    int from = 0;
    boolean escaped = false;
    for (int i = 0; i < line.length; i++) {
      if (line[i] == '\\') {
        escaped = true;
        i++; // what follows is part of the field
      } else if (line[i] == '\t' || line[i] == '\n') {
        if (escaped && i == from + 2 && line[from + 1] == 'N') {
          row.text(names.get(column), null);
        } else {
          String text =
              escaped
                  ? unescaped(line, from, i)
                  : new String(line, from, i - from, StandardCharsets.UTF_8);
          forms.get(column).add(row, names.get(column), text);
        }
        column++;
        from = i + 1;
        escaped = false;
      }
    }
    if (column != names.size()) {
      throw new IllegalStateException(
          "COPY gave " + column + " columns, expected " + names.size() + ": " + names);
    }
    return row.build();
  }

  private static String unescaped(byte[] line, int from, int to) {
    byte[] field = new byte[to - from];
    int length = 0;
    for (int i = from; i < to; i++) {
      byte b = line[i];
      if (b == '\\') {
        b =
            switch (line[++i]) {
              case 'b' -> '\b';
              case 'f' -> '\f';
              case 'n' -> '\n';
              case 'r' -> '\r';
              case 't' -> '\t';
              case 'v' -> 0x0B;
              default -> line[i];
            };
      }
      field[length++] = b;
    }
    return new String(field, 0, length, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    try {
      reader.close();
    } catch (SQLException e) {
      // the server ends the snapshot's transaction with the connection, closed or lost
    }
  }
}
