package dev.crossfade.lab;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;

/** Runs a statement of the legacy application. */
final class ShopSql {
  /**
   * The legacy's clock. Not now(), the begin of the transaction: two transactions that wait for
   * each other's row could have the same, or the later one the earlier.
   */
  static final String NOW = "clock_timestamp() at time zone 'UTC'";

  private ShopSql() {}

  static void run(Connection c, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = c.prepareStatement(sql)) {
      bind(statement, values);
      statement.executeUpdate();
    }
  }

  static void bind(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      if (values[i] == null) {
        statement.setNull(i + 1, Types.NULL);
      } else {
        statement.setObject(i + 1, values[i]);
      }
    }
  }
}
