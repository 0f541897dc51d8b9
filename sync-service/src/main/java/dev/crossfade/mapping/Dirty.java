package dev.crossfade.mapping;

import dev.crossfade.mirror.AggregateId;
import dev.crossfade.store.Elements;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The durable table of aggregates that wait to be derived; those with a reason are parked. Every
 * method runs inside the caller's transaction; what writes, in one that holds the domain's lock.
 */
public final class Dirty {
  private final String domain;

  public Dirty(String domain) {
    this.domain = domain;
  }

  /**
   * @param waiting aggregates that were not tried yet
   * @param parked aggregates that could not be derived
   */
  public record Counts(long waiting, long parked) {
    public boolean none() {
      return waiting == 0 && parked == 0;
    }
  }

  public Counts counts(Connection connection) throws SQLException {
    try (PreparedStatement count =
        connection.prepareStatement(
            "select count(*) filter (where reason is null), count(reason) from crossfade.dirty where domain = ?")) {
      count.setString(1, domain);
      try (ResultSet row = count.executeQuery()) {
        row.next();
        return new Counts(row.getLong(1), row.getLong(2));
      }
    }
  }

  /** Returns how many were not there. */
  public int add(Connection connection, Collection<AggregateId> aggregates) throws SQLException {
    return update(
        connection,
        "insert into crossfade.dirty (domain, type, id) select ?, t, i from unnest(?, ?) as u(t, i) on conflict do nothing",
        aggregates);
  }

  /**
   * Lets the server see how many there are, after many were added: else it takes the table to be as
   * small as it was, and reads all of it for each part that is taken out.
   */
  public static void analyze(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("analyze (skip_locked) crossfade.dirty"); // other domains have it, too
    }
  }

  /** Parks aggregates, or parks them again, later each time up to a minute. */
  public void park(Connection connection, Map<AggregateId, String> reasons) throws SQLException {
    if (reasons.isEmpty()) {
      return;
    }
    String sql =
        """
        insert into crossfade.dirty as d (domain, type, id, reason, attempts, next_try)
        select ?, t, i, r, 1, now() + interval '1 s' from unnest(?, ?, ?) as u(t, i, r)
        on conflict (domain, type, id) do update
        set reason = excluded.reason, attempts = d.attempts + 1,
            next_try = now() + least(interval '1 min', interval '1 s' * power(2, least(d.attempts, 6)))
        """;
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      insert.setString(1, domain);
      insert.setArray(2, array(connection, reasons.keySet(), AggregateId::type));
      insert.setArray(3, array(connection, reasons.keySet(), AggregateId::id));
      insert.setArray(4, array(connection, reasons.values(), r -> r));
      insert.executeUpdate();
    }
  }

  /** Returns how many were there. */
  public int remove(Connection connection, Collection<AggregateId> aggregates) throws SQLException {
    return update(
        connection,
        "delete from crossfade.dirty d using (select ?::text as domain, t, i from unnest(?, ?) as u(t, i)) x where d.domain = x.domain and d.type = x.t and d.id = x.i",
        aggregates);
  }

  /**
   * Which of the aggregates are parked. An event on one of them is a reason to try again soon, not
   * to try now: a batch must not fail again and again for the same aggregate.
   */
  public Set<AggregateId> wake(Connection connection, Collection<AggregateId> aggregates)
      throws SQLException {
    String sql =
        """
        update crossfade.dirty d set next_try = least(next_try, now())
        from (select ?::text as domain, t, i from unnest(?, ?) as u(t, i)) x
        where d.domain = x.domain and d.type = x.t and d.id = x.i and d.reason is not null
        returning d.type, d.id
        """;
    try (PreparedStatement update = connection.prepareStatement(sql)) {
      bind(connection, update, aggregates);
      return read(update);
    }
  }

  /**
   * Aggregates that were never tried, in the order of the table.
   *
   * @param behind the one behind which they begin: whoever takes all out, some at a time, need not
   *     pass over the places of those that are out already
   */
  public Set<AggregateId> waiting(Connection connection, Optional<AggregateId> behind, int limit)
      throws SQLException {
    String sql =
        """
        select type, id from crossfade.dirty
        where domain = ? and reason is null and (type, id) > (?, ?) order by type, id limit ?
        """;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, domain);
      select.setString(2, behind.map(AggregateId::type).orElse("")); // no type is empty
      select.setString(3, behind.map(AggregateId::id).orElse(""));
      select.setInt(4, limit);
      return read(select);
    }
  }

  /** Parked aggregates whose time to be tried again has come. */
  public Set<AggregateId> dueAgain(Connection connection, int limit) throws SQLException {
    String sql =
        """
        select type, id from crossfade.dirty
        where domain = ? and reason is not null and next_try <= now() order by next_try limit ?
        """;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, domain);
      select.setInt(2, limit);
      return read(select);
    }
  }

  private int update(Connection connection, String sql, Collection<AggregateId> aggregates)
      throws SQLException {
    if (aggregates.isEmpty()) {
      return 0;
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(connection, statement, aggregates);
      return statement.executeUpdate();
    }
  }

  private void bind(
      Connection connection, PreparedStatement statement, Collection<AggregateId> aggregates)
      throws SQLException {
    statement.setString(1, domain);
    statement.setArray(2, array(connection, aggregates, AggregateId::type));
    statement.setArray(3, array(connection, aggregates, AggregateId::id));
  }

  private static Set<AggregateId> read(PreparedStatement statement) throws SQLException {
    var found = new LinkedHashSet<AggregateId>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        found.add(new AggregateId(rows.getString(1), rows.getString(2)));
      }
    }
    return found;
  }

  private static <T> Array array(Connection connection, Collection<T> of, Function<T, String> text)
      throws SQLException {
    return Elements.of(connection, "text", of.stream().map(text).toList());
  }
}
