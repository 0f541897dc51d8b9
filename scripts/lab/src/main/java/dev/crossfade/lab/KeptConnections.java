package dev.crossfade.lab;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;

/**
 * Connections to the databases of one server that are used again: to open one, with its password,
 * costs more than nearly all that is asked through it. For any thread.
 */
final class KeptConnections implements AutoCloseable {
  /** More are not kept idle: of a run with hundreds of databases few are asked at a time. */
  private static final int MOST = 12;

  private static final int SECONDS_TO_ANSWER = 5;

  /** Opens a connection to a database. */
  interface Opener {
    Connection open(String database) throws SQLException;
  }

  private record Kept(String database, Connection connection) {}

  private final Opener opener;

  /** Guarded by this: the idle ones, what was used last first. */
  private final Deque<Kept> idle = new ArrayDeque<>();

  KeptConnections(Opener opener) {
    this.opener = opener;
  }

  /** With a connection that answers; one by which the use failed is not kept. */
  <T> T use(String database, PostgresServer.Use<T> use) throws SQLException {
    Connection connection = take(database);
    boolean done = false;
    try {
      T result = use.of(connection);
      done = true;
      return result;
    } finally {
      if (done) {
        keep(new Kept(database, connection));
      } else {
        end(connection);
      }
    }
  }

  private Connection take(String database) throws SQLException {
    Optional<Connection> kept;
    while ((kept = idle(database)).isPresent()) {
      if (kept.get().isValid(SECONDS_TO_ANSWER)) {
        return kept.get();
      }
      end(kept.get()); // its server was restarted, or its session ended by somebody
    }
    return opener.open(database);
  }

  private synchronized Optional<Connection> idle(String database) {
    for (Iterator<Kept> all = idle.iterator(); all.hasNext(); ) {
      Kept kept = all.next();
      if (kept.database().equals(database)) {
        all.remove();
        return Optional.of(kept.connection());
      }
    }
    return Optional.empty();
  }

  private synchronized void keep(Kept kept) {
    idle.addFirst(kept);
    while (idle.size() > MOST) {
      end(idle.removeLast().connection());
    }
  }

  private static void end(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // what cannot be told that it ends has ended
    }
  }

  @Override
  public synchronized void close() {
    idle.forEach(kept -> end(kept.connection()));
    idle.clear();
  }
}
