package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * How long orders took, from commit to commit: of the transaction that placed one in the legacy and
 * of the one that brought it into a store, both by the servers' own commit timestamps. They run on
 * one machine and so by one clock.
 */
final class Orders {
  /**
   * One that has come.
   *
   * @param placed microseconds since 1970
   * @param took microseconds
   */
  record Order(long placed, long took) {}

  private Orders() {}

  /** The legacy's clock, as SQL reads it. */
  static String clock(Connection legacy) throws SQLException {
    try (Statement statement = legacy.createStatement();
        ResultSet row = statement.executeQuery("select clock_timestamp()::text")) {
      row.next();
      return row.getString(1);
    }
  }

  /** Those that were committed in the legacy in that time and are in the store. */
  static List<Order> placed(Pipeline pipeline, Connection legacy, String from, String to)
      throws SQLException {
    Map<UUID, Long> placed =
        commits(
            legacy,
            "select order_id, "
                + micros("at")
                + " from (select order_id, pg_xact_commit_timestamp(xid) as at from bench_placed) p"
                + " where at between '%s' and '%s'".formatted(from, to));
    Map<UUID, Long> arrived;
    try (Connection store = pipeline.store().connect()) {
      arrived =
          commits(
              store,
              "select order_id, "
                  + micros("at")
                  + " from ("
                  + pipeline.store().arrivals()
                  + ") s where at >= '%s'".formatted(from));
    }
    List<Order> orders =
        placed.entrySet().stream()
            .filter(order -> arrived.containsKey(order.getKey()))
            .map(o -> new Order(o.getValue(), arrived.get(o.getKey()) - o.getValue()))
            .toList();
    if (orders.isEmpty()) {
      throw new LabException(pipeline.name() + ": no order of the window is in the store");
    }
    return orders;
  }

  static Latencies latencies(List<Order> orders) {
    return Latencies.of(orders.stream().mapToLong(Order::took).toArray());
  }

  private static String micros(String timestamp) {
    return "(extract(epoch from " + timestamp + ") * 1000000)::bigint";
  }

  private static Map<UUID, Long> commits(Connection connection, String sql) throws SQLException {
    Map<UUID, Long> commits = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        commits.put(rows.getObject(1, UUID.class), rows.getLong(2));
      }
    }
    return commits;
  }
}
