package dev.crossfade.mapping;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.source.Problem;
import dev.crossfade.store.StoreSchema;
import dev.crossfade.store.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Checks a mapping against a store without leaving anything there: the mirror is created inside a
 * transaction that is rolled back.
 */
public final class MappingCheck {
  private MappingCheck() {}

  /**
   * What one aggregate derives to.
   *
   * @param targets for each target its rows, column to text; sensitive values are masked
   */
  public record Sample(String key, Map<String, List<Map<String, String>>> targets) {}

  /** Every problem of the domain's mapping. */
  public static List<Problem> run(
      DataSource store, Domain domain, String source, List<TableShape> shapes) throws SQLException {
    try (Connection connection = begin(store)) {
      Mirror mirror;
      try {
        mirror = new Mirror(source, domain, shapes);
      } catch (IllegalArgumentException e) {
        return List.of(new Problem("domain " + domain.name(), e.getMessage(), "correct `tables:`"));
      }
      try {
        StoreSchema.createWithin(connection);
        mirror.ensure(connection);
      } catch (SQLException e) {
        if ("42501".equals(e.getSQLState())) {
          return List.of(
              new Problem(
                  "store " + domain.store(),
                  "its user may not create the schemas crossfade and "
                      + source
                      + ": "
                      + e.getMessage(),
                  "GRANT CREATE ON DATABASE … TO that user (`crossfade init` prints it)"));
        }
        throw e;
      }
      List<Problem> problems = Mapping.prepare(connection, domain, mirror).problems();
      connection.rollback();
      return problems;
    }
  }

  /** Derives one aggregate from rows of the source and shows the rows; nothing is kept. */
  public static Sample sample(
      DataSource store,
      Domain domain,
      String source,
      List<TableShape> shapes,
      Map<TableName, List<Row>> rows,
      String key)
      throws SQLException {
    try (Connection connection = begin(store)) {
      StoreSchema.createWithin(connection);
      StoreSchema.prepare(connection);
      Mirror mirror = new Mirror(source, domain, shapes);
      mirror.ensure(connection);
      mirror.merge(reads(shapes, rows), 0).write(new Trip(connection));
      Set<String> secrets = secrets(domain, rows);
      var targets = new LinkedHashMap<String, List<Map<String, String>>>();
      for (var target : domain.targets()) {
        targets.put(target.table(), select(connection, KeysSql.of(target.select()), key, secrets));
      }
      connection.rollback();
      return new Sample(key, targets);
    }
  }

  private static Connection begin(DataSource store) throws SQLException {
    Connection connection = store.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  /** The rows as a load of the highest epoch would bring them: no row in a mirror is newer. */
  private static List<ChangeEvent> reads(List<TableShape> shapes, Map<TableName, List<Row>> rows) {
    var events = new ArrayList<ChangeEvent>();
    for (TableShape shape : shapes) {
      for (Row row : rows.getOrDefault(shape.name(), List.of())) {
        events.add(
            new ChangeEvent(
                ChangeEvent.Op.READ,
                shape.name(),
                row.only(shape.primaryKey()),
                Row.EMPTY,
                row,
                Position.ofLoad(Integer.MAX_VALUE),
                "",
                Instant.EPOCH,
                ""));
      }
    }
    return events;
  }

  private static Set<String> secrets(Domain domain, Map<TableName, List<Row>> rows) {
    var secrets = new LinkedHashSet<String>();
    for (CapturedTable table : domain.tables()) {
      for (Row row : rows.getOrDefault(table.name(), List.of())) {
        for (String column : table.sensitive()) {
          if (row.has(column) && row.get(column) != null && !row.get(column).isEmpty()) {
            secrets.add(row.get(column));
          }
        }
      }
    }
    return secrets;
  }

  private static List<Map<String, String>> select(
      Connection connection, KeysSql select, String key, Set<String> secrets) throws SQLException {
    var found = new ArrayList<Map<String, String>>();
    try (PreparedStatement statement = connection.prepareStatement(select.sql())) {
      String type = statement.getParameterMetaData().getParameterTypeName(1);
      for (int i = 1; i <= select.parameters(); i++) {
        statement.setArray(i, connection.createArrayOf(type.substring(1), new String[] {key}));
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          var row = new LinkedHashMap<String, String>();
          for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
            String value = rows.getString(i);
            boolean secret = value != null && secrets.stream().anyMatch(value::contains);
            row.put(rows.getMetaData().getColumnLabel(i), secret ? "(hidden)" : value);
          }
          found.add(row);
        }
      }
    }
    return found;
  }
}
