package dev.crossfade.capture.log;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.PostgresReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import io.debezium.connector.postgresql.spi.SlotCreationResult;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Function;

/** Debezium's connection to the slot, whose stream is a {@link LogStream}. */
@SuppressWarnings("try") // whoever closes one may be interrupted
final class LogConnection implements ReplicationConnection {
  /** Those of a load; the driver has told the server the zone of the machine that it runs on. */
  private static final String[] SETTINGS = {"set timezone = 'UTC'", "set datestyle = 'ISO, MDY'"};

  private final PostgresReplicationConnection connection;
  private final Function<TableId, Table> tables;
  private final Handover handover;
  private boolean found;

  LogConnection(
      PostgresReplicationConnection connection,
      Function<TableId, Table> tables,
      Handover handover) {
    this.connection = connection;
    this.tables = tables;
    this.handover = handover;
  }

  @Override
  public ReplicationStream startStreaming(WalPositionLocator position)
      throws SQLException, InterruptedException {
    connection.execute(SETTINGS);
    return new LogStream(connection.startStreaming(position), tables, handover);
  }

  /**
   * With offsets of an engine that ran before, a first stream is only searched for them; then
   * Debezium connects again.
   */
  @Override
  public ReplicationStream startStreaming(Lsn offset, WalPositionLocator position)
      throws SQLException, InterruptedException {
    connection.execute(SETTINGS);
    ReplicationStream stream = connection.startStreaming(offset, position);
    return position.searchingEnabled() && !found ? stream : new LogStream(stream, tables, handover);
  }

  @Override
  public void reconnect() throws SQLException {
    connection.reconnect();
    found = true;
  }

  @Override
  public Optional<SlotCreationResult> createReplicationSlot() throws SQLException {
    return connection.createReplicationSlot();
  }

  @Override
  public void initConnection() throws SQLException, InterruptedException {
    connection.initConnection();
  }

  @Override
  public boolean isConnected() throws SQLException {
    return connection.isConnected();
  }

  @Override
  public void close() throws Exception {
    connection.close();
  }
}
