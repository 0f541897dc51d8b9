package dev.crossfade.capture.log;

import dev.crossfade.event.ChangeEvent.Op;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.TableName;
import io.debezium.connector.postgresql.connection.LogicalDecodingMessage;
import io.debezium.connector.postgresql.connection.OriginMessage;
import io.debezium.connector.postgresql.connection.ReplicationMessage;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;

/**
 * Debezium's stream of the log, of which every message that it has decoded goes to the handover as
 * it is. Debezium itself (3.6.1, {@code PostgresStreamingChangeEventSource}) would make structs of
 * each change, check them against their schemas, and count it. On the engine's thread that decodes.
 */
@SuppressWarnings("try") // whoever closes one may be interrupted
final class LogStream implements ReplicationStream {
  private record Told(Table by, TableTold table, Image.Builder images) {}

  private final ReplicationStream stream;
  private final Function<TableId, Table> tables;
  private final Handover handover;
  private final Map<String, TableId> ids = new HashMap<>();
  private final Map<TableId, Told> told = new HashMap<>();
  private final ReplicationMessageProcessor hand = this::hand; // for each message anew otherwise
  private LogTransaction open;

  /**
   * @param tables as the log has described them last
   */
  LogStream(ReplicationStream stream, Function<TableId, Table> tables, Handover handover) {
    this.stream = stream;
    this.tables = tables;
    this.handover = handover;
  }

  @Override
  public void read(ReplicationMessageProcessor unused) throws SQLException, InterruptedException {
    stream.read(hand);
  }

  @Override
  public boolean readPending(ReplicationMessageProcessor unused)
      throws SQLException, InterruptedException {
    return stream.readPending(hand);
  }

  private void hand(ReplicationMessage message) throws InterruptedException {
    if (message.isSkippedMessage()) {
      return; // of a table that is not captured
    }
    switch (message.getOperation()) {
      case BEGIN -> {
        open = new LogTransaction(xid(message), message.getCommitTime(), "");
        handover.put(new LogEvent.Begin(open, lsn()));
      }
      case ORIGIN -> open = open(message).from(((OriginMessage) message).getOriginName());
      case INSERT -> change(Op.CREATE, message);
      case UPDATE -> change(Op.UPDATE, message);
      case DELETE -> change(Op.DELETE, message);
      case TRUNCATE -> change(Op.TRUNCATE, message);
      case MESSAGE -> {
        var said = (LogicalDecodingMessage) message;
        Optional<LogTransaction> in =
            said.getTransactionId().isPresent() ? Optional.of(open(said)) : Optional.empty();
        handover.put(new LogEvent.Message(in, lsn(), said.getPrefix(), said.getContent()));
      }
      case COMMIT -> {
        handover.put(new LogEvent.End(open(message), lsn()));
        open = null;
      }
      default ->
          throw new IllegalStateException(
              "the log says " + message.getOperation() + ", which is not known here");
    }
  }

  private void change(Op op, ReplicationMessage message) throws InterruptedException {
    Told told = told(message.getTable());
    Image before = op == Op.TRUNCATE ? null : image(told, message.getOldTupleList(), null);
    Image after = op == Op.TRUNCATE ? null : image(told, message.getNewTupleList(), before);
    handover.put(
        new LogEvent.Change(
            open(message),
            lsn(),
            op,
            told.table(),
            Optional.ofNullable(before),
            Optional.ofNullable(after)));
  }

  private static Image image(Told told, List<ReplicationMessage.Column> columns, Image before) {
    if (columns == null) {
      return null;
    }
    TableTold table = told.table();
    if (columns.size() != table.columns().size()) {
      throw new IllegalStateException(
          "a change of %s has %d values, expected those of %s"
              .formatted(table.name(), columns.size(), table.columns()));
    }
    Image.Builder image = told.images().begin();
    for (ReplicationMessage.Column column : columns) {
      if (column.isToastedColumn()) {
        image.unchanged(before);
      } else {
        image.text((String) column.getValue(null, true));
      }
    }
    return image.build();
  }

  /** The engine has a new description whenever the log has said one, the same or another. */
  @SuppressWarnings("ReferenceEquality")
  private Told told(String quoted) {
    TableId id = ids.computeIfAbsent(quoted, name -> TableId.parse(name, false));
    Table now = tables.apply(id);
    if (now == null) {
      throw new IllegalStateException(
          "the log says a change of " + quoted + ", which the engine has no description of");
    }
    Told known = told.get(id);
    if (known == null || known.by() != now) {
      TableTold table = table(now);
      known = new Told(now, table, new Image.Builder(table));
      told.put(id, known);
    }
    return known;
  }

  private static TableTold table(Table table) {
    return new TableTold(
        new TableName(table.id().schema(), table.id().table()),
        table.columns().stream().map(Column::name).toList(),
        table.columns().stream().map(ColumnTold::of).toList(),
        table.primaryKeyColumnNames());
  }

  private LogTransaction open(ReplicationMessage message) {
    if (open == null || !open.xid().equals(xid(message))) {
      throw new IllegalStateException(
          "the log says %s of transaction %s inside transaction %s"
              .formatted(message.getOperation(), xid(message), open == null ? "none" : open.xid()));
    }
    return open;
  }

  private static String xid(ReplicationMessage message) {
    return Long.toString(message.getTransactionId().orElse(0));
  }

  private Lsn lsn() {
    return new Lsn(stream.lastReceivedLsn().asLong());
  }

  @Override
  public void flushLsn(io.debezium.connector.postgresql.connection.Lsn lsn) throws SQLException {
    stream.flushLsn(lsn);
  }

  @Override
  public io.debezium.connector.postgresql.connection.Lsn lastReceivedLsn() {
    return stream.lastReceivedLsn();
  }

  @Override
  public io.debezium.connector.postgresql.connection.Lsn startLsn() {
    return stream.startLsn();
  }

  @Override
  public void startKeepAlive(ExecutorService service) {
    stream.startKeepAlive(service);
  }

  @Override
  public void stopKeepAlive() {
    stream.stopKeepAlive();
  }

  @Override
  public void close() throws Exception {
    stream.close();
  }
}
