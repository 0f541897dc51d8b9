package dev.crossfade.source.postgresql;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableShape;
import java.io.ByteArrayOutputStream;
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
    var field = new ByteArrayOutputStream(64);
    int column = 0;
    boolean isNull = false;
    for (int i = 0; i < line.length; i++) {
      byte b = line[i];
      if (b == '\t' || b == '\n') {
        String name = names.get(column);
        if (isNull) {
          row.text(name, null);
        } else {
          forms.get(column).add(row, name, field.toString(StandardCharsets.UTF_8));
        }
        field.reset();
        isNull = false;
        column++;
      } else if (b == '\\') {
        i++;
        switch (line[i]) {
          case 'N' -> isNull = true;
          case 'b' -> field.write('\b');
          case 'f' -> field.write('\f');
          case 'n' -> field.write('\n');
          case 'r' -> field.write('\r');
          case 't' -> field.write('\t');
          case 'v' -> field.write(0x0B);
          default -> field.write(line[i]);
        }
      } else {
        field.write(b);
      }
    }
    if (column != names.size()) {
      throw new IllegalStateException(
          "COPY gave " + column + " columns, expected " + names.size() + ": " + names);
    }
    return row.build();
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
