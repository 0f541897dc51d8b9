package dev.crossfade.store;

import java.sql.SQLException;
import java.util.Locale;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What a failed statement means for the flow. SQLSTATE classes as in the PostgreSQL manual,
 * appendix A.
 */
public enum Failure {
  /** The transaction may succeed when it is run again: conflicts, lost connections, resources. */
  RETRY,
  /** The rows are at fault: the aggregate that they belong to is parked. */
  DATA,
  /**
   * The set-up is at fault (a missing table, a revoked grant): the domain stops until it is mended.
   */
  SYSTEMIC;

  public static Failure of(SQLException e) {
    String state = e.getSQLState();
    if (state == null) {
      return RETRY;
    }
    if (state.equals("57014")) {
      return RETRY; // statement_timeout, cancelled
    } else if (state.equals("55000")) {
      return SYSTEMIC; // a view that cannot be written
    }
    return switch (state.substring(0, 2)) {
      case "08", "40", "53", "55", "57", "58", "25" -> RETRY;
      case "21", "22", "23", "27", "44", "54", "P0" -> DATA;
      default -> SYSTEMIC;
    };
  }

  /**
   * One line on a failure that is safe to store and show: the server's detail, which quotes values
   * of rows, is left out, and so is the message where it quotes them.
   */
  public static String sentence(SQLException e) {
    ServerErrorMessage server =
        e instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
    String state = e.getSQLState() == null ? "no SQLSTATE" : e.getSQLState();
    if (server == null) {
      return "[" + state + "] " + e.getMessage();
    }
    var text = new StringBuilder("[").append(state).append("] ");
    if (server.getConstraint() != null) {
      text.append("constraint ").append(server.getConstraint());
      if (server.getTable() != null) {
        text.append(" of table ").append(server.getTable());
      }
      text.append(" is violated");
    } else if (state.startsWith("22")) {
      text.append(withoutValues(server.getMessage()));
      if (server.getColumn() != null) {
        text.append(" (column ").append(server.getColumn()).append(')');
      }
    } else {
      text.append(server.getMessage());
    }
    return text.toString();
  }

  /** "invalid input syntax for type integer: "x"" and its kind quote the value after a colon. */
  private static String withoutValues(String message) {
    if (message == null) {
      return "bad value";
    }
    int colon = message.indexOf(": \"");
    String head = colon < 0 ? message : message.substring(0, colon);
    return head.replaceAll("value \"[^\"]*\"", "a value").toLowerCase(Locale.ROOT);
  }
}
