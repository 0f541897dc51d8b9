package dev.crossfade.lab;

import static dev.crossfade.lab.ShopSql.NOW;
import static dev.crossfade.lab.ShopSql.bind;
import static dev.crossfade.lab.ShopSql.run;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * What the legacy application does to orders and with them to stock, each method the body of one
 * transaction that the caller commits. Rows are locked in one order everywhere: the order, then
 * products, then stock, each by key. An operation on something that is not (or no longer) fit for
 * it does nothing.
 */
final class ShopOrders {
  private ShopOrders() {}

  private record Product(String name, String sku, BigDecimal price) {}

  private record Line(UUID item, UUID product, int quantity) {}

  /** Places an order with its items and reserves their stock. */
  static void place(Connection c, ShopWords.NewOrder order) throws SQLException {
    run(
        c,
        """
        insert into sales_orders (order_id, user_id, customer_name, payment_method, shipping_cost,
          shipping_address, shipping_city, shipping_state, shipping_zip, shipping_country, notes)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        order.id(),
        order.user(),
        order.customer(),
        order.method(),
        order.shipping(),
        order.street(),
        order.city(),
        order.state(),
        order.zip(),
        order.country(),
        order.notes());
    insertItems(c, order.id(), order.items());
    for (ShopWords.NewItem item : order.items()) {
      ShopCatalogue.reserve(c, item.product(), item.quantity());
    }
    total(c, order.id());
  }

  static void addItems(Connection c, UUID order, List<ShopWords.NewItem> items)
      throws SQLException {
    if (open(status(c, order))) {
      insertItems(c, order, items);
      for (ShopWords.NewItem item : items) {
        ShopCatalogue.reserve(c, item.product(), item.quantity());
      }
      total(c, order);
    }
  }

  /** Sets the quantity of the order's n-th item. */
  static void changeItem(Connection c, UUID order, int n, int quantity) throws SQLException {
    if (!open(status(c, order))) {
      return;
    }
    List<Line> lines = lines(c, order);
    Line line = lines.get(n % lines.size());
    run(
        c,
        """
        update sales_items set quantity = ?, line_total = ? * unit_price,
          discount = case when discount is null then null else least(discount, unit_price) end
        where sales_item_id = ?
        """,
        quantity,
        quantity,
        line.item());
    if (quantity > line.quantity()) {
      ShopCatalogue.reserve(c, line.product(), quantity - line.quantity());
    } else {
      ShopCatalogue.move(c, line.product(), 0, quantity - line.quantity());
    }
    total(c, order);
  }

  /** Removes the order's n-th item unless it is the last one. */
  static void removeItem(Connection c, UUID order, int n) throws SQLException {
    if (!open(status(c, order))) {
      return;
    }
    List<Line> lines = lines(c, order);
    if (lines.size() > 1) {
      Line line = lines.get(n % lines.size());
      run(c, "delete from sales_items where sales_item_id = ?", line.item());
      ShopCatalogue.move(c, line.product(), 0, -line.quantity());
      total(c, order);
    }
  }

  static void editNotes(Connection c, UUID order, String notes) throws SQLException {
    run(
        c,
        "update sales_orders set notes = ?, updated_at = " + NOW + " where order_id = ?",
        notes,
        order);
  }

  /** Moves an order to its next status; what is shipped leaves the stock. */
  static void advance(Connection c, UUID order) throws SQLException {
    String next =
        switch (status(c, order)) {
          case "pending" -> "confirmed";
          case "confirmed" -> "processing";
          case "processing" -> "shipped";
          case "shipped" -> "delivered";
          default -> "";
        };
    if (next.isEmpty()) {
      return;
    }
    if (next.equals("shipped")) {
      for (Line line : lines(c, order)) {
        ShopCatalogue.move(c, line.product(), -line.quantity(), -line.quantity());
      }
    }
    setStatus(c, order, next);
  }

  static void pay(Connection c, UUID order, boolean succeeds) throws SQLException {
    run(
        c,
        "update sales_orders set payment_status = ?, updated_at = "
            + NOW
            + " where order_id = ? and payment_status in ('pending', 'failed')"
            + " and status <> 'cancelled'",
        succeeds ? "paid" : "failed",
        order);
  }

  /** Cancels an order, gives a payment back, and puts the goods back where they were taken. */
  static void cancel(Connection c, UUID order) throws SQLException {
    String status = status(c, order);
    if (status.isEmpty() || status.equals("cancelled")) {
      return;
    }
    putBack(c, order, status);
    setStatus(c, order, "cancelled");
    run(
        c,
        "update sales_orders set payment_status = 'refunded' where order_id = ?"
            + " and payment_status = 'paid'",
        order);
  }

  /** Deletes an order and its items as if it had never been. */
  static void delete(Connection c, UUID order) throws SQLException {
    String status = status(c, order);
    if (!status.isEmpty()) {
      putBack(c, order, status);
      run(c, "delete from sales_orders where order_id = ?", order);
    }
  }

  private static boolean open(String status) {
    return status.equals("pending") || status.equals("confirmed");
  }

  /** Locks the order; empty if there is none. */
  private static String status(Connection c, UUID order) throws SQLException {
    try (PreparedStatement select =
        c.prepareStatement("select status from sales_orders where order_id = ? for update")) {
      bind(select, order);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getString(1) : "";
      }
    }
  }

  private static void setStatus(Connection c, UUID order, String status) throws SQLException {
    run(
        c,
        "update sales_orders set status = ?, updated_at = " + NOW + " where order_id = ?",
        status,
        order);
  }

  private static List<Line> lines(Connection c, UUID order) throws SQLException {
    List<Line> lines = new ArrayList<>();
    try (PreparedStatement select =
        c.prepareStatement(
            "select sales_item_id, product_id, quantity from sales_items where order_id = ?"
                + " order by product_id, sales_item_id")) {
      bind(select, order);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          lines.add(
              new Line(
                  rows.getObject(1, UUID.class), rows.getObject(2, UUID.class), rows.getInt(3)));
        }
      }
    }
    return lines;
  }

  /**
   * Inserts items with their products share-locked until the commit: a rename of a product then
   * commits either before the item, which has the new name, or after it. That makes the recorded
   * names the ones that the first derivation in commit order must see.
   */
  private static void insertItems(Connection c, UUID order, List<ShopWords.NewItem> items)
      throws SQLException {
    Map<UUID, Product> products = new HashMap<>();
    try (PreparedStatement lock =
        c.prepareStatement(
            "select product_id, name, sku, unit_price from products where product_id = any(?)"
                + " order by product_id for share")) {
      lock.setArray(
          1, c.createArrayOf("uuid", items.stream().map(ShopWords.NewItem::product).toArray()));
      try (ResultSet rows = lock.executeQuery()) {
        while (rows.next()) {
          products.put(
              rows.getObject(1, UUID.class),
              new Product(rows.getString(2), rows.getString(3), rows.getBigDecimal(4)));
        }
      }
    }
    try (PreparedStatement item =
            c.prepareStatement(
                """
                insert into sales_items (sales_item_id, order_id, product_id, quantity, unit_price,
                  discount, line_total) values (?, ?, ?, ?, ?, ?, ?)
                """);
        PreparedStatement name =
            c.prepareStatement("insert into lab_item_names values (?, ?, ?)")) {
      for (ShopWords.NewItem i : items) {
        Product product = products.get(i.product());
        if (product == null) {
          throw new SQLException("product " + i.product() + " is not there", "P0002");
        }
        BigDecimal line = product.price().multiply(BigDecimal.valueOf(i.quantity()));
        BigDecimal discount =
            product
                .price()
                .multiply(BigDecimal.valueOf(i.discountPercent(), 2))
                .setScale(2, RoundingMode.HALF_UP);
        bind(
            item,
            i.id(),
            order,
            i.product(),
            i.quantity(),
            product.price(),
            i.discountPercent() == 0 ? null : discount,
            line);
        item.addBatch();
        bind(name, i.id(), product.name(), product.sku());
        name.addBatch();
      }
      item.executeBatch();
      name.executeBatch();
    }
  }

  private static void putBack(Connection c, UUID order, String status) throws SQLException {
    for (Line line : lines(c, order)) {
      switch (status) {
        case "pending", "confirmed", "processing" ->
            ShopCatalogue.move(c, line.product(), 0, -line.quantity());
        case "shipped", "delivered" -> ShopCatalogue.move(c, line.product(), line.quantity(), 0);
        default -> {} // cancelled: put back already
      }
    }
  }

  private static void total(Connection c, UUID order) throws SQLException {
    run(
        c,
        """
        update sales_orders o
        set subtotal = s.subtotal, tax = round(s.subtotal * 0.19, 2),
          total = s.subtotal + round(s.subtotal * 0.19, 2) + o.shipping_cost,
          updated_at = clock_timestamp() at time zone 'UTC'
        from (select sum(line_total - coalesce(discount, 0)) as subtotal
              from sales_items where order_id = ?) s
        where o.order_id = ?
        """,
        order,
        order);
  }
}
