package dev.crossfade.apply;

import dev.crossfade.store.StoreSchema;
import dev.crossfade.store.Trip;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * One connection of a {@link StoreSession}, and the transactions on it. For one thread at a time.
 */
final class StoreConnection implements AutoCloseable {
  private final Connection connection;
  private final StoreWatch watch;

  /** Whether no transaction is open. */
  private boolean atRest;

  StoreConnection(String domain, DataSource store) throws SQLException {
    this.connection = store.getConnection();
    try {
      this.watch = new StoreWatch(domain, store, connection);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
    try {
      connection.setAutoCommit(true);
      StoreSchema.prepare(connection);
      connection.setAutoCommit(false);
    } catch (SQLException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** For the statements of the transaction that has begun. */
  Connection sql() {
    return connection;
  }

  /** Begins a transaction, or goes on with the one that waited, with statements to send. */
  Trip trip() {
    watch.busy();
    atRest = false;
    return new Trip(connection);
  }

  /** The transaction is left open for a while: the server is not at work on it. */
  void waits() {
    watch.idle();
  }

  void commit() throws SQLException {
    connection.commit();
    ended();
  }

  void rollback() throws SQLException {
    watch.busy();
    connection.rollback();
    ended();
  }

  /** The transaction was ended by a statement. */
  void ended() {
    atRest = true;
    watch.idle();
  }

  /**
   * Gives the connection up. One whose transaction has not been ended is not used again: the server
   * may have said that this session can write nothing, and will say so for its whole life.
   */
  @Override
  public void close() {
    try {
      if (atRest) {
        watch.busy();
        connection.rollback();
      } else {
        connection.abort(Runnable::run);
        connection.rollback(); // the pool learns by it that the connection is broken
      }
    } catch (SQLException e) {
      // the connection is being given up, whatever its state
    }
    try {
      connection.close();
    } catch (SQLException e) {
      // as above
    }
    watch.close();
  }
}
