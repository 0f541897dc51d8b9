package dev.crossfade.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.control.CaptureState.LoadState;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Stamp;
import dev.crossfade.tables.OwnTables;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.sql.DataSource;

/** Capture's memory. Safe for several threads; every method is one transaction. */
public final class ControlDatabase implements AutoCloseable {
  public static final OwnTables TABLES =
      new OwnTables(
          "crossfade/control",
          "flyway_control",
          List.of("V1__capture.sql", "V2__published_at.sql"));

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration ANSWER = Duration.ofSeconds(6);

  private final DataSource dataSource;

  /**
   * @param dataSource with at least three connections: the lease keeps one for itself
   */
  public ControlDatabase(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Makes or updates Crossfade's tables. Several processes may do so at once. */
  public void migrate() {
    TABLES.ensure(dataSource);
  }

  /** Takes the lease of a source, or says why not. See {@link Lease}. */
  public Lease lease(String source, String owner) {
    return new Lease(dataSource, source, owner);
  }

  public CaptureState state(String source) {
    String sql =
        """
        select epoch, generation, load_state, system_identifier, timeline, published_lsn::text,
               published_at, released::text, topics::text, captured::text
        from crossfade.capture where source = ?
        """;
    try (Connection connection = open();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, source);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return new CaptureState(
              0,
              0,
              LoadState.NONE,
              "",
              0,
              Lsn.ZERO,
              Optional.empty(),
              Map.of(),
              Map.of(),
              Map.of());
        }
        return new CaptureState(
            row.getInt(1),
            row.getLong(2),
            LoadState.valueOf(row.getString(3).toUpperCase(Locale.ROOT)),
            row.getString(4),
            row.getInt(5),
            Lsn.parse(row.getString(6)),
            Optional.ofNullable(row.getTimestamp(7)).map(Timestamp::toInstant),
            stamps(row.getString(8)),
            JSON.readValue(row.getString(9), new TypeReference<Map<String, String>>() {}),
            JSON.readValue(
                row.getString(10),
                new TypeReference<Map<String, Map<String, Map<String, String>>>>() {}));
      }
    } catch (SQLException | JsonProcessingException e) {
      throw failed("read the state of capture for source " + source, e);
    }
  }

  /** Begins a generation for the holder of the lease and returns its number. */
  public long beginGeneration(String source, String owner) {
    return beginGeneration(source, owner, 0);
  }

  /**
   * As {@link #beginGeneration(String, String)}, with a number above one that is in use already:
   * what reads the topics passes over lower ones, as they are a zombie's.
   */
  public long beginGeneration(String source, String owner, long generationSeen) {
    String sql =
        """
        update crossfade.capture set generation = greatest(generation, ?) + 1, updated_at = now()
        where source = ? and lease_owner = ? returning generation
        """;
    try (Connection connection = open();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, generationSeen);
      statement.setString(2, source);
      statement.setString(3, owner);
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          return row.getLong(1);
        }
      }
    } catch (SQLException e) {
      throw failed("begin a generation of source " + source, e);
    }
    throw new ControlException(
        "another process captures source " + source + " now; this one waits as standby");
  }

  /**
   * Says that a load of a new epoch begins, before anything is done for it, and returns the epoch:
   * one more than the largest that is known at this moment.
   */
  public int beginLoad(String source, long generation, String slot) {
    fenced(
        source,
        generation,
        "epoch = epoch + 1, load_state = 'loading', slot = ?, released = '{}', published_lsn = '0/0', published_at = null",
        slot);
    return state(source).epoch();
  }

  /**
   * Says that everything of the load is in Kafka. A new load that was asked for meanwhile is still
   * wanted: whoever asked may count on rows that this one had read already.
   */
  public void endLoad(String source, long generation, CaptureState done) {
    fenced(
        source,
        generation,
        """
        load_state = case load_state when 'loading' then 'done' else load_state end,
        system_identifier = ?, timeline = ?, published_lsn = ?::pg_lsn, published_at = null, released = ?::jsonb, topics = ?::jsonb, captured = ?::jsonb
        """,
        done.systemIdentifier(),
        done.timeline(),
        done.published().toString(),
        json(stamps(done.released())),
        json(done.topics()),
        json(done.captured()));
  }

  /**
   * Says that Kafka has everything up to this END; must be called before the source is told. What
   * is delivered again does not take it back.
   */
  public void published(
      String source, long generation, Lsn end, Instant committed, Map<String, Stamp> released) {
    fenced(
        source,
        generation,
        """
        published_at = case when published_lsn >= ?::pg_lsn then published_at else ? end,
        published_lsn = greatest(published_lsn, ?::pg_lsn), released = ?::jsonb""",
        end.toString(),
        Timestamp.from(committed),
        end.toString(),
        json(stamps(released)));
  }

  /**
   * Says which columns the topics have whole from now on. What is left out of the configuration for
   * a while misses changes, so it is not captured any more, even when it is named again.
   */
  public void captured(
      String source, long generation, Map<String, Map<String, Map<String, String>>> captured) {
    fenced(source, generation, "captured = ?::jsonb", json(captured));
  }

  /** As {@link #requestLoad(String, int)}, where the control database knows the largest epoch. */
  public void requestLoad(String source) {
    requestLoad(source, 0);
  }

  /** As {@link #requestLoad(String, int, long)}, where the largest generation is known. */
  public void requestLoad(String source, int epochSeen) {
    requestLoad(source, epochSeen, 0);
  }

  /**
   * Asks for a new load with a new slot and epoch: the way out of a gap.
   *
   * @param epochSeen the largest epoch that any store has seen, 0 for none: the new one is larger,
   *     also if the control database has forgotten it
   * @param generationSeen the largest generation that any store has taken or declared void, 0 for
   *     none: the new one is larger, or the stores would take it for a zombie's
   */
  public void requestLoad(String source, int epochSeen, long generationSeen) {
    String sql =
        """
        insert into crossfade.capture as c (source, load_state, epoch, generation)
        values (?, 'wanted', ?, ?)
        on conflict (source) do update
        set load_state = 'wanted', epoch = greatest(c.epoch, excluded.epoch),
            generation = greatest(c.generation, excluded.generation), updated_at = now()
        """;
    try (Connection connection = open();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, source);
      statement.setInt(2, epochSeen);
      statement.setLong(3, generationSeen);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw failed("ask for a new load of source " + source, e);
    }
  }

  /** Forgets a source; the slot must be gone before. */
  public void forget(String source) {
    try (Connection connection = open();
        PreparedStatement statement =
            connection.prepareStatement("delete from crossfade.capture where source = ?")) {
      statement.setString(1, source);
      statement.executeUpdate();
    } catch (SQLException e) {
      throw failed("forget source " + source, e);
    }
  }

  private void fenced(String source, long generation, String changes, Object... values) {
    String sql =
        "update crossfade.capture set "
            + changes
            + ", updated_at = now() where source = ? and generation = ?";
    try (Connection connection = open();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      int i = 1;
      for (Object value : values) {
        statement.setObject(i++, value);
      }
      statement.setString(i++, source);
      statement.setLong(i, generation);
      if (statement.executeUpdate() == 1) {
        return;
      }
    } catch (SQLException e) {
      throw failed("store the state of capture for source " + source, e);
    }
    throw new ControlException(
        "generation "
            + generation
            + " of source "
            + source
            + " is over: another one has begun; this one ends");
  }

  /** Everything here is a statement on one row: what takes long does not come any more. */
  private Connection open() throws SQLException {
    Connection connection = dataSource.getConnection();
    try {
      connection.setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static Map<String, long[]> stamps(Map<String, Stamp> stamps) {
    var map = new TreeMap<String, long[]>();
    stamps.forEach((topic, s) -> map.put(topic, new long[] {s.generation(), s.sequence()}));
    return map;
  }

  private static Map<String, Stamp> stamps(String json) throws JsonProcessingException {
    var map = new TreeMap<String, Stamp>();
    JSON.readValue(json, new TypeReference<Map<String, long[]>>() {})
        .forEach((topic, pair) -> map.put(topic, new Stamp(pair[0], pair[1])));
    return map;
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of strings and numbers are JSON", e);
    }
  }

  private static ControlException failed(String what, Exception e) {
    return new ControlException(
        "the control database could not "
            + what
            + " ("
            + e.getMessage()
            + "); check that it runs and that its url and user are right",
        e);
  }

  @Override
  public void close() {
    // the pool belongs to whoever made it
  }
}
