package dev.crossfade.mapping;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.mirror.AggregateId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Which aggregates a change of a reference table makes dirty: the SELECT that its {@code
 * dependants} names. Immutable.
 *
 * @param type canonical type of the ids that the SELECT gives
 */
public record Dependants(CapturedTable table, KeysSql select, String keysType, String type) {

  public Set<AggregateId> of(Connection connection, Collection<String> keys) throws SQLException {
    var found = new LinkedHashSet<AggregateId>();
    try (PreparedStatement statement = connection.prepareStatement(select.sql())) {
      for (int i = 1; i <= select.parameters(); i++) {
        statement.setArray(i, connection.createArrayOf(keysType, keys.toArray()));
      }
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (rows.getString(1) != null) {
            found.add(new AggregateId(type, rows.getString(1)));
          }
        }
      }
    }
    return found;
  }
}
