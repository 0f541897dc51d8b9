package dev.crossfade.apply;

import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.store.Trip;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * The domain's row in {@code crossfade.progress}: its lock, its owner and its progress. The owner
 * number grows with every takeover, so that a consumer that was taken for dead can neither write
 * nor interleave when it wakes up.
 */
final class ProgressRow {
  private static final byte[] NO_KEY = "{}".getBytes(StandardCharsets.UTF_8);

  private final String domain;
  private final String instance;
  private long owner;

  ProgressRow(String domain, String instance) {
    this.domain = domain;
    this.instance = instance;
  }

  /** Whether a store has ever read a domain's topic; takes nothing over. */
  static boolean hasRead(DataSource store, String domain) throws SQLException {
    try (Connection connection = store.getConnection();
        PreparedStatement select =
            connection.prepareStatement(
                "select 1 from crossfade.progress where domain = ? and topic_id <> ''")) {
      select.setString(1, domain);
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  /** Takes the domain over from whoever had it, and reads how far it is. */
  Progress take(Connection connection) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into crossfade.progress (domain) values (?) on conflict do nothing")) {
      insert.setString(1, domain);
      insert.executeUpdate();
    }
    String sql =
        """
        update crossfade.progress set owner = owner + 1, owner_name = ?, updated_at = now() where domain = ?
        returning owner, topic_id, next_offset, generation, sequence, void_generation, applied,
                  epoch, base::text, lsn::text, open_epoch, open_base::text, loaded_epoch, marker_id, marker_ts,
                  furthest_epoch, furthest_base::text, furthest_lsn::text
        """;
    try (PreparedStatement update = connection.prepareStatement(sql)) {
      update.setString(1, instance);
      update.setString(2, domain);
      try (ResultSet row = update.executeQuery()) {
        row.next();
        owner = row.getLong(1);
        var read =
            new Progress(
                new Progress.Place(
                    row.getString(2),
                    row.getLong(3),
                    row.getLong(4),
                    row.getLong(5),
                    row.getLong(6),
                    row.getLong(7)),
                position(row.getInt(8), row.getString(9), row.getString(10)),
                position(row.getInt(11), row.getString(12), "0/0"),
                row.getInt(13),
                row.getTimestamp(15) == null
                    ? Optional.empty()
                    : Optional.of(
                        new Progress.Heartbeat(
                            row.getString(14), row.getTimestamp(15).toInstant())),
                position(row.getInt(16), row.getString(17), row.getString(18)));
        // A release before this one may have gone on in the meantime, and does not know of it.
        return read.position().map(read::reaches).orElse(read);
      }
    }
  }

  private static Optional<Position> position(int epoch, String base, String lsn) {
    return epoch == 0
        ? Optional.empty()
        : Optional.of(new Position(epoch, Lsn.parse(base), Lsn.parse(lsn)));
  }

  /**
   * The first record of the newest generation that was applied, with its number: the shapes of the
   * tables. A replay of older generations does not bring older shapes back.
   */
  record Shapes(long generation, GenerationStart start) {}

  Optional<Shapes> shapes(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "select start, start_generation from crossfade.progress where domain = ?")) {
      select.setString(1, domain);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        byte[] value = row.getString(1).getBytes(StandardCharsets.UTF_8);
        return value.length == 0
            ? Optional.empty()
            : Optional.of(
                new Shapes(row.getLong(2), (GenerationStart) WireFormat.read(NO_KEY, value)));
      }
    }
  }

  void shapes(Connection connection, Shapes shapes) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update crossfade.progress set start = ?, start_generation = ? where domain = ? and owner = ?")) {
      update.setString(1, new String(WireFormat.value(shapes.start()), StandardCharsets.UTF_8));
      update.setLong(2, shapes.generation());
      update.setString(3, domain);
      update.setLong(4, owner);
      update.executeUpdate();
    }
  }

  /**
   * Locks the row, checks that this consumer still owns the domain and that the store has what came
   * before, and writes the progress that the transaction will have made. The first statement of
   * every transaction that writes the mirror or derives, but for what is written or derived ahead.
   * It may travel with others: they are written only if they are committed.
   */
  void lock(Trip trip, Progress before, Progress after) throws SQLException {
    String sql =
        """
        update crossfade.progress
        set topic_id = ?, next_offset = ?, generation = ?, sequence = ?, void_generation = ?, applied = ?,
            epoch = ?, base = ?::pg_lsn, lsn = ?::pg_lsn, open_epoch = ?, open_base = ?::pg_lsn, loaded_epoch = ?,
            marker_id = ?, marker_ts = ?, furthest_epoch = ?, furthest_base = ?::pg_lsn, furthest_lsn = ?::pg_lsn,
            updated_at = now()
        where domain = ? and owner = ? and next_offset = ?
        """;
    trip.add(
        sql,
        (update, at) -> set(update, at, before, after),
        written -> {
          if (written != 1) {
            throw new OwnershipLostException(domain);
          }
        });
  }

  private int set(PreparedStatement update, int first, Progress before, Progress progress)
      throws SQLException {
    int at = first;
    Progress.Place place = progress.place();
    update.setString(at++, place.topicId());
    update.setLong(at++, place.nextOffset());
    update.setLong(at++, place.generation());
    update.setLong(at++, place.sequence());
    update.setLong(at++, place.voidGeneration());
    update.setLong(at++, place.applied());
    update.setInt(at++, progress.epoch());
    update.setString(at++, progress.base().toString());
    update.setString(at++, progress.lsn().toString());
    update.setObject(at++, progress.open().map(Position::epoch).orElse(null), Types.INTEGER);
    update.setString(at++, progress.open().map(open -> open.base().toString()).orElse(null));
    update.setInt(at++, progress.loadedEpoch());
    update.setString(at++, progress.heartbeat().map(Progress.Heartbeat::id).orElse(""));
    update.setTimestamp(
        at++, progress.heartbeat().map(marker -> Timestamp.from(marker.ts())).orElse(null));
    update.setInt(at++, progress.furthest().map(Position::epoch).orElse(0));
    update.setString(at++, progress.furthest().map(Position::base).orElse(Lsn.ZERO).toString());
    update.setString(at++, progress.furthest().map(Position::lsn).orElse(Lsn.ZERO).toString());
    update.setString(at++, domain);
    update.setLong(at++, owner);
    update.setLong(at++, before.place().nextOffset());
    return at;
  }
}
