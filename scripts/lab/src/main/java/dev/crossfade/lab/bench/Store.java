package dev.crossfade.lab.bench;

import dev.crossfade.lab.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;

/**
 * The database that a pipeline keeps true to the legacy's orders. Immutable; safe for any thread.
 *
 * @param state what its right state is told by
 */
record Store(PostgresServer server, String database, Names names, StateHash state) {
  private static final UUID NOBODY = new UUID(0, 0);

  /** What its tables are called, and how a row tells when it came. */
  enum Names {
    /** The order service's; a commit's time is that of the transaction, by the server. */
    SERVICE(
        "orders",
        "order_items",
        "item_id",
        "pg_xact_commit_timestamp(bench_xid)",
        "pg_xact_commit_timestamp(xmin)",
        "alter table orders add column bench_xid xid default pg_current_xact_id()::xid"),
    /**
     * The legacy's. A subscription keeps the times of the publisher's commits, so that a row tells
     * when it was inserted, just before the commit.
     */
    LEGACY(
        "sales_orders",
        "sales_items",
        "sales_item_id",
        "arrived_at",
        "arrived_at",
        "alter table sales_orders add column arrived_at timestamptz default clock_timestamp();"
            + " alter table sales_items add column arrived_at timestamptz default clock_timestamp()");

    private final String orders;
    private final String items;
    private final String item;
    private final String first;
    private final String latest;
    private final String instrument;

    Names(
        String orders, String items, String item, String first, String latest, String instrument) {
      this.orders = orders;
      this.items = items;
      this.item = item;
      this.first = first;
      this.latest = latest;
      this.instrument = instrument;
    }
  }

  Connection connect() throws SQLException {
    return server.connect(database);
  }

  /** Adds the column, the service's own, that tells when an order came. */
  void instrument() {
    server.execute(database, names.instrument);
  }

  /** Leaves nothing to the server's own vacuum, which would do it while others are measured. */
  void vacuum() {
    server.execute(database, "vacuum (analyze)");
  }

  /** The state in one line. */
  String hash() throws SQLException {
    try (Connection connection = connect()) {
      return state.of(connection);
    }
  }

  /** SQL: each order's id, and when it came into the store as {@code at}. */
  String arrivals() {
    return "select order_id, %s as at from %s".formatted(names.first, names.orders);
  }

  /**
   * Whether the rows of a fence have come and gone, by a connection to this database: four look-ups
   * by key.
   */
  boolean has(Connection connection, Fence fence) throws SQLException {
    String order = "exists (select from " + names.orders + " where order_id = ?)";
    String item = "exists (select from " + names.items + " where " + names.item + " = ?)";
    String sql = "select %1$s and %2$s and not %1$s and not %2$s".formatted(order, item);
    UUID id = UUID.fromString(fence.id());
    UUID gone = fence.gone().map(UUID::fromString).orElse(NOBODY);
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setObject(1, id);
      select.setObject(2, id);
      select.setObject(3, gone);
      select.setObject(4, gone);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /** When both rows of a fence had come, by System.nanoTime(). */
  long at(Fence fence) throws SQLException {
    return moment(
        "greatest((select %s from %s where order_id = '%s'), (select %s from %s where %s = '%s'))"
            .formatted(
                names.latest,
                names.orders,
                fence.id(),
                names.latest,
                names.items,
                names.item,
                fence.id()));
  }

  /** When the last row but those of a fence was there, by System.nanoTime(). */
  long lastBut(Fence fence) throws SQLException {
    return moment(
        "greatest((select max(%s) from %s where order_id <> '%s'), (select max(%s) from %s where %s <> '%s'))"
            .formatted(
                names.latest,
                names.orders,
                fence.id(),
                names.latest,
                names.items,
                names.item,
                fence.id()));
  }

  /** Server and benchmark run on one machine, and so by one clock. */
  private long moment(String timestamp) throws SQLException {
    String sql =
        "with t as materialized (select %s as at) select extract(epoch from clock_timestamp() - at) from t"
            .formatted(timestamp);
    try (Connection connection = connect();
        PreparedStatement select = connection.prepareStatement(sql);
        ResultSet row = select.executeQuery()) {
      long now = System.nanoTime();
      row.next();
      double ago = row.getDouble(1);
      if (row.wasNull()) {
        throw new SQLException("no row tells when it came into " + database);
      }
      return now - (long) (ago * 1e9);
    }
  }

  /** Grows with every change that a session has told; a fresh session tells its first at once. */
  long changes(Connection connection) throws SQLException {
    String sql =
        """
        select sum(pg_stat_get_tuples_inserted(t) + pg_stat_get_tuples_updated(t) + pg_stat_get_tuples_deleted(t))
          + (exists (select from %1$s) or exists (select from %2$s))::int
        from unnest(array['%1$s'::regclass, '%2$s'::regclass]) t
        """
            .formatted(names.orders, names.items);
    try (PreparedStatement select = connection.prepareStatement(sql);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }
}
