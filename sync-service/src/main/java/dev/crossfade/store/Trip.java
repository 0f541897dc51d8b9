package dev.crossfade.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.postgresql.PGStatement;

/**
 * Statements that go to the store's server together and are executed there in their order: of small
 * ones, the way there and back is most of what they take. If one fails, those behind it are not
 * executed. For one thread and one connection, inside the caller's transaction.
 *
 * <p>Nothing is read before all is sent. So that the server never waits for its answers to be read
 * while we wait for it to read, only few rows may come back before the last statement: {@link #add}
 * sends what there is first if they could be more.
 */
public final class Trip {
  /** So many rows may come back before the last statement: far less than sockets buffer. */
  private static final int FEW = 200;

  private final Connection connection;
  private final List<Part> parts = new ArrayList<>();
  private int answers;
  private boolean prepared = true;

  /** Sets the parameters of a statement. */
  @FunctionalInterface
  public interface Parameters {
    /**
     * @param at the number of the first of them
     * @return the number of the first behind them
     */
    int set(PreparedStatement statement, int at) throws SQLException;
  }

  /** Takes the rows that a statement returned. */
  @FunctionalInterface
  public interface Rows {
    void take(ResultSet rows) throws SQLException;
  }

  /** Takes the number of rows that a statement wrote. */
  @FunctionalInterface
  public interface Count {
    void take(int written) throws SQLException;
  }

  private record Part(String sql, Parameters parameters, Rows rows, Count count) {}

  public Trip(Connection connection) {
    this.connection = connection;
  }

  public Connection connection() {
    return connection;
  }

  /** A statement without parameters of which only the failure is of interest. */
  public Trip add(String sql) throws SQLException {
    return add(new Part(sql, (statement, at) -> at, rows -> {}, written -> {}), 0);
  }

  /** A statement that writes, and returns no rows. */
  public Trip add(String sql, Parameters parameters, Count count) throws SQLException {
    return add(new Part(sql, parameters, rows -> {}, count), 0);
  }

  /**
   * A statement that returns rows.
   *
   * @param most about how many rows it may return
   */
  public Trip add(String sql, Parameters parameters, int most, Rows rows) throws SQLException {
    return add(new Part(sql, parameters, rows, written -> {}), most);
  }

  private Trip add(Part part, int most) throws SQLException {
    if (answers > FEW) {
      send();
    }
    parts.add(part);
    answers += most;
    return this;
  }

  /** The server plans these statements anew, for the very parameters that they come with. */
  public Trip planned() {
    prepared = false;
    return this;
  }

  /** Sends what was added since the last time, and gives the answers out in the same order. */
  public void send() throws SQLException {
    if (parts.isEmpty()) {
      return;
    }
    List<Part> sent = List.copyOf(parts);
    parts.clear();
    answers = 0;
    String sql = sent.stream().map(Part::sql).collect(Collectors.joining(";\n"));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      if (!prepared) {
        statement.unwrap(PGStatement.class).setPrepareThreshold(0);
      }
      int at = 1;
      for (Part part : sent) {
        at = part.parameters().set(statement, at);
      }
      boolean returned = statement.execute();
      for (Part part : sent) {
        if (returned) {
          try (ResultSet rows = statement.getResultSet()) {
            part.rows().take(rows);
          }
        } else {
          part.count().take(statement.getUpdateCount());
        }
        returned = statement.getMoreResults();
      }
    }
  }
}
