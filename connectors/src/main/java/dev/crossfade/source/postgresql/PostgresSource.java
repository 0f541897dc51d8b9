package dev.crossfade.source.postgresql;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.source.Problem;
import dev.crossfade.source.Source;
import dev.crossfade.source.SourceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;

/** A PostgreSQL database, 14 to 18, as a source. */
public final class PostgresSource implements Source {
  private static final int SAMPLE_ROWS = 1000;

  private final PostgresSettings settings;
  private final Database database;

  public PostgresSource(PostgresSettings settings) {
    this.settings = settings;
    this.database = new Database(settings);
  }

  public PostgresSettings settings() {
    return settings;
  }

  /** The driver properties with which values have the text form that the load gives them. */
  public Properties sessionProperties() {
    return Database.sessionProperties(settings);
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public List<TableShape> shapes(List<CapturedTable> tables) {
    try (Connection connection = database.open("catalog")) {
      var catalog = new Catalog(connection);
      var shapes = new ArrayList<TableShape>();
      for (CapturedTable table : tables) {
        shapes.add(shape(table, catalog.table(table.name()).orElseThrow(() -> missing(table))));
      }
      return shapes;
    } catch (SQLException e) {
      throw database.failed("read the catalog", e);
    }
  }

  static TableShape shape(CapturedTable table, Catalog.Table found) {
    var columns = new ArrayList<TableShape.Column>();
    for (Catalog.Column column : found.columns()) {
      boolean wanted =
          table.takes(column.name())
              || found.primaryKey().contains(column.name())
              || table.role() instanceof CapturedTable.Aggregate aggregate
                  && aggregate.column().equals(column.name());
      // a generated column is not in the log: it would keep the value that it had in the load
      if (wanted && !column.generated()) {
        columns.add(new TableShape.Column(column.name(), column.storeType(), column.notNull()));
      }
    }
    return new TableShape(table.name(), columns, found.primaryKey());
  }

  private SourceException missing(CapturedTable table) {
    return new SourceException(List.of(Preflight.missing(settings.name(), table.name())));
  }

  @Override
  public List<Problem> preflight(List<CapturedTable> tables) {
    try (Connection connection = database.open("preflight")) {
      return new Preflight(settings, connection).problems(tables);
    } catch (SQLException e) {
      return List.of(database.problem("be checked", e));
    }
  }

  @Override
  public String setupScript(List<CapturedTable> tables) {
    var found = new ArrayList<Catalog.Table>();
    try (Connection connection = database.openPatiently("setup")) {
      var catalog = new Catalog(connection);
      for (CapturedTable table : tables) {
        catalog.table(table.name()).ifPresent(found::add);
      }
    } catch (SQLException e) {
      // the role may not exist yet: the script that creates it must not need it
      return new SetupScript(settings).write(tables, Optional.empty());
    }
    return new SetupScript(settings).write(tables, Optional.of(found.stream().distinct().toList()));
  }

  /**
   * Makes the publication hold exactly these tables, if it does not; needs their owner's rights.
   */
  public void ensurePublication(Collection<TableName> tables) {
    try (Connection connection = database.openPatiently("publication")) {
      new Publication(settings.slot(), connection).ensure(tables);
    } catch (SQLException e) {
      throw database.failed("make the publication " + settings.slot() + " hold its tables", e);
    }
  }

  /**
   * The tables of which the publication has every change, on a connection that the caller keeps;
   * none if it filters rows, columns or operations.
   */
  public Set<TableName> published(Connection connection) throws SQLException {
    return new Publication(settings.slot(), connection)
        .find()
        .filter(Publication.Found::plain)
        .map(found -> Set.<TableName>copyOf(found.tables()))
        .orElse(Set.of());
  }

  /** As {@link #published(Connection)}, on a connection of its own. */
  public Set<TableName> published() {
    try (Connection connection = database.open("publication")) {
      return published(connection);
    } catch (SQLException e) {
      throw database.failed("tell what the publication " + settings.slot() + " holds", e);
    }
  }

  @Override
  public String writeFence() {
    try (Connection connection = database.open("fence")) {
      return writeMarker(connection, Marker.Kind.FENCE);
    } catch (SQLException e) {
      throw database.failed("write a marker", e);
    }
  }

  /**
   * A connection on which markers can be written, or the slot be looked at, again and again. What
   * does not answer for some seconds is given up.
   */
  public Connection openForMarkers() throws SQLException {
    return database.open("heartbeat");
  }

  /** Writes a marker as a transaction of its own and returns its id. */
  public String writeMarker(Connection connection, Marker.Kind kind) throws SQLException {
    String id = UUID.randomUUID().toString();
    String sql =
        """
        select pg_logical_emit_message(true, ?, json_build_object('id', ?::text, 'kind', ?::text, 'ts',
          to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text)
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, Marker.PREFIX);
      statement.setString(2, id);
      statement.setString(3, kind.name().toLowerCase(java.util.Locale.ROOT));
      statement.execute();
    }
    return id;
  }

  /** The server and the slot now. */
  public SlotStatus status() {
    try (Connection replication = database.openForIdentity("status");
        Connection connection = database.open("status")) {
      try (Statement statement = replication.createStatement();
          ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
        row.next();
        return new SlotStatus(
            row.getString("systemid"),
            row.getInt("timeline"),
            Lsn.parse(row.getString("xlogpos")),
            slot(connection));
      }
    } catch (SQLException e) {
      throw database.failed("tell its state", e);
    }
  }

  /** The slot now. */
  public Optional<SlotStatus.Slot> slot() {
    try (Connection connection = database.open("slot")) {
      return slot(connection);
    } catch (SQLException e) {
      throw database.failed("tell the state of the slot " + settings.slot(), e);
    }
  }

  /** The slot on a connection that the caller keeps; for a thread that looks often. */
  public Optional<SlotStatus.Slot> slot(Connection connection) throws SQLException {
    return new Slot(settings.slot(), connection).find();
  }

  /** What streams from our slot now, on a connection that the caller keeps. */
  public Optional<Walsender> walsender(Connection connection) throws SQLException {
    return new Slot(settings.slot(), connection).walsender();
  }

  /** The log that the server keeps for our slot; empty if there is no slot. */
  public Optional<RetainedWal> retained(Connection connection) throws SQLException {
    return new Slot(settings.slot(), connection).retained();
  }

  /** As {@link #retained(Connection)}, on a connection of its own. */
  public Optional<RetainedWal> retained() {
    try (Connection connection = database.open("retained")) {
      return retained(connection);
    } catch (SQLException e) {
      throw database.failed("tell how much log it keeps", e);
    }
  }

  /** Ends the backend that streams from our slot, if one does. */
  public void endStreaming() {
    try (Connection connection = database.open("takeover")) {
      new Slot(settings.slot(), connection).endStreaming();
    } catch (SQLException e) {
      throw database.failed("end the connection that holds the slot " + settings.slot(), e);
    }
  }

  /** Makes the slot and opens the snapshot that meets it exactly. */
  public SnapshotLoad openLoad() {
    try {
      return SnapshotLoad.open(database, settings.slot());
    } catch (SQLException e) {
      throw database.failed("make the slot " + settings.slot(), e);
    }
  }

  /** Drops the slot if it is there; what streams from it is ended first. */
  public void dropSlot() {
    try (Connection connection = database.openPatiently("drop slot")) {
      new Slot(settings.slot(), connection).drop();
    } catch (SQLException e) {
      throw database.failed("drop the slot " + settings.slot(), e);
    }
  }

  @Override
  public List<Row> sample(TableName table, String column, String value) {
    try (Connection connection = database.openPatiently("sample")) {
      Catalog.Table found =
          new Catalog(connection)
              .table(table)
              .orElseThrow(
                  () -> new SourceException(List.of(Preflight.missing(settings.name(), table))));
      String type = found.column(column).map(Catalog.Column::type).orElse("text");
      String columns =
          String.join(
              ", ",
              found.columns().stream().map(c -> Database.quote(c.name()) + "::text").toList());
      String sql =
          "select %s from %s where %s = ?::%s limit %d"
              .formatted(columns, Database.quote(table), Database.quote(column), type, SAMPLE_ROWS);
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, value);
        try (ResultSet result = statement.executeQuery()) {
          var rows = new ArrayList<Row>();
          while (result.next()) {
            rows.add(row(found, result));
          }
          return rows;
        }
      }
    } catch (SQLException e) {
      throw database.failed("read a sample of " + table, e);
    }
  }

  private static Row row(Catalog.Table table, ResultSet result) throws SQLException {
    var row = Row.builder(table.columns().size());
    for (int i = 0; i < table.columns().size(); i++) {
      Catalog.Column column = table.columns().get(i);
      String text = result.getString(i + 1);
      if (text == null) {
        row.text(column.name(), null);
      } else {
        ColumnForm.of(column.storeType()).add(row, column.name(), text);
      }
    }
    return row.build();
  }

  @Override
  public Optional<String> anyValue(TableName table, String column) {
    String sql =
        "select %s::text from %s where %s is not null limit 1"
            .formatted(Database.quote(column), Database.quote(table), Database.quote(column));
    try (Connection connection = database.openPatiently("sample");
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
    } catch (SQLException e) {
      throw database.failed("read a value of " + table + "." + column, e);
    }
  }

  @Override
  public void remove() {
    try (Connection connection = database.openPatiently("remove");
        Statement statement = connection.createStatement()) {
      new Slot(settings.slot(), connection).drop();
      statement.execute("drop publication if exists " + Database.quote(settings.slot()));
    } catch (SQLException e) {
      throw database.failed("remove the slot and the publication " + settings.slot(), e);
    }
  }

  @Override
  public void close() {
    // holds nothing between calls
  }
}
