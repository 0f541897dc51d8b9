package dev.crossfade.lab.bench;

import dev.crossfade.lab.Deadline;
import dev.crossfade.lab.DemoStack;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.Collectors;

/** The peers' places in the legacy's log, and what is published to them. */
final class Slots {
  private static final String DEADLOCK = "40P01";
  private static final int ATTEMPTS = 5;

  private Slots() {}

  /** Publishes the tables of the row-for-row job. */
  static void publish(PostgresServer legacy, String publication) {
    String sql =
        RowShape.TABLES.stream()
            .map(RowShape.Table::legacy)
            .collect(
                Collectors.joining(", ", "create publication " + publication + " for table ", ""));
    for (int attempt = 1; ; attempt++) {
      try {
        legacy.execute(DemoStack.SHOP, sql);
        return;
      } catch (LabException e) {
        if (!deadlock(e) || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /** Making a publication may meet the server's own vacuum of a table that was just filled. */
  static boolean deadlock(LabException e) {
    return e.getCause() instanceof SQLException s && DEADLOCK.equals(s.getSQLState());
  }

  /** Whether changes from now on will be kept for a slot; by a connection to the legacy. */
  static boolean ready(Connection legacy, String slot) throws SQLException {
    return is(legacy, slot, "confirmed_flush_lsn is not null");
  }

  /** Drops a slot, if it is there, as soon as nobody uses it. */
  static void drop(PostgresServer legacy, String slot) {
    released(legacy, slot);
    legacy.execute(
        DemoStack.SHOP,
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '"
            + slot
            + "'");
  }

  /** Returns when nobody uses a slot. */
  static void released(PostgresServer legacy, String slot) {
    if (!Deadline.in(Duration.ofSeconds(30)).await(() -> !used(legacy, slot))) {
      throw new LabException("the slot " + slot + " is still used after 30 s");
    }
  }

  private static boolean used(PostgresServer legacy, String slot) {
    try (Connection connection = legacy.connect(DemoStack.SHOP)) {
      return is(connection, slot, "active");
    } catch (SQLException e) {
      throw new LabException("could not ask for the slot " + slot + ": " + e.getMessage(), e);
    }
  }

  private static boolean is(Connection legacy, String slot, String what) throws SQLException {
    try (PreparedStatement select =
        legacy.prepareStatement(
            "select exists (select from pg_replication_slots where slot_name = ? and "
                + what
                + ")")) {
      select.setString(1, slot);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}
