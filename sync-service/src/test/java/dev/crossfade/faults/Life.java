package dev.crossfade.faults;

import dev.crossfade.faults.Failpoint.Action;
import dev.crossfade.faults.Failpoint.When;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.postgresql.PGConnection;

/**
 * Whether a process still lives. After its crash nothing that its edges are asked for is done, and
 * its connections are cut, so that the servers see what they see after SIGKILL. Safe for several
 * threads.
 */
final class Life {
  /** The process is gone. */
  static final class Gone extends RuntimeException {
    Gone() {
      super("the process is gone");
    }
  }

  private final Failpoints failpoints;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private volatile boolean gone;

  Life(Failpoints failpoints) {
    this.failpoints = failpoints;
  }

  boolean gone() {
    return gone;
  }

  void check() {
    if (gone) {
      throw new Gone();
    }
  }

  /**
   * A step is about to happen, or has happened.
   *
   * @return whether it fails
   */
  boolean reach(Failpoint point, When when) {
    check();
    Optional<Action> action = failpoints.reach(point, when);
    if (action.equals(Optional.of(Action.CRASH))) {
      end();
      throw new Gone();
    }
    return action.isPresent();
  }

  void opened(Connection connection) {
    connections.add(connection);
    if (gone) {
      end();
    }
  }

  void closed(Connection connection) {
    connections.remove(connection);
  }

  void end() {
    gone = true;
    for (Connection connection : connections) {
      try {
        ((Connection) connection.unwrap(PGConnection.class)).abort(Runnable::run);
      } catch (SQLException e) {
        // it was broken already
      }
    }
  }
}
