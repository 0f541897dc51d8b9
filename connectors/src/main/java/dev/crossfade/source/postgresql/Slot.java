package dev.crossfade.source.postgresql;

import dev.crossfade.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;

/** The replication slot of a name, on a connection. */
final class Slot {
  private static final String OBJECT_IN_USE = "55006";

  private final String name;
  private final Connection connection;

  Slot(String name, Connection connection) {
    this.name = name;
    this.connection = connection;
  }

  Optional<SlotStatus.Slot> find() throws SQLException {
    String sql =
        """
        select plugin, database, confirmed_flush_lsn::text, wal_status, active_pid,
               case when not pg_is_in_recovery()
                    then pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint end
        from pg_replication_slots where slot_name = ?
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        String confirmed = row.getString(3);
        int pid = row.getInt(5);
        OptionalInt active = row.wasNull() ? OptionalInt.empty() : OptionalInt.of(pid);
        long retained = row.getLong(6);
        OptionalLong bytes = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(retained);
        return Optional.of(
            new SlotStatus.Slot(
                String.valueOf(row.getString(1)),
                String.valueOf(row.getString(2)),
                confirmed == null ? Lsn.ZERO : Lsn.parse(confirmed),
                String.valueOf(row.getString(4)),
                active,
                bytes));
      }
    }
  }

  Optional<Walsender> walsender() throws SQLException {
    String sql =
        """
        select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text,
               coalesce(r.sent_lsn, '0/0')::text,
               coalesce(a.wait_event in ('WalSenderWriteData', 'ClientWrite'), false)
        from pg_replication_slots s
        left join pg_stat_replication r on r.pid = s.active_pid
        left join pg_stat_activity a on a.pid = s.active_pid
        where s.slot_name = ? and s.active_pid is not null
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(
                new Walsender(
                    Lsn.parse(row.getString(1)), Lsn.parse(row.getString(2)), row.getBoolean(3)))
            : Optional.empty();
      }
    }
  }

  Optional<RetainedWal> retained() throws SQLException {
    // the setting is in megabytes, -1 for no limit
    String sql =
        """
        select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
                               restart_lsn)::bigint,
               active_pid is not null,
               (select nullif(setting, '-1')::bigint * 1024 * 1024 from pg_settings where name = 'max_slot_wal_keep_size')
        from pg_replication_slots where slot_name = ? and restart_lsn is not null
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        long bytes = row.getLong(1);
        boolean streamed = row.getBoolean(2);
        long limit = row.getLong(3);
        return Optional.of(
            new RetainedWal(
                bytes, streamed, row.wasNull() ? OptionalLong.empty() : OptionalLong.of(limit)));
      }
    }
  }

  /** Ends the backend that streams from the slot, if one does; does not wait until it is gone. */
  void endStreaming() throws SQLException {
    String sql =
        """
        select pg_terminate_backend(active_pid) from pg_replication_slots
        where slot_name = ? and active_pid is not null
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, name);
      statement.execute();
    }
  }

  void drop() throws SQLException {
    String sql =
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = ?";
    long deadline = System.nanoTime() + Database.ANSWER.toNanos();
    while (true) {
      endStreaming();
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, name);
        statement.execute();
        return;
      } catch (SQLException e) {
        // the backend that was told to end still holds it
        if (!OBJECT_IN_USE.equals(e.getSQLState()) || System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(50_000_000);
      }
    }
  }
}
