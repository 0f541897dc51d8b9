package dev.crossfade.lab.bench;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The state of the order service in one line: rows and a hash over every mapped column of every
 * row, in any order. What is expected is said in SQL over the legacy, by hand; it shares nothing
 * with the mappings.
 */
final class StateHash {
  private static final String EXPECTED_ORDERS =
      """
      select o.order_id, o.user_id, o.customer_name, upper(o.status), o.payment_method,
        replace(upper(o.payment_status), 'PAID', 'CAPTURED'),
        t.subtotal, o.tax, o.shipping_cost, t.subtotal + o.tax + o.shipping_cost,
        o.shipping_address, o.shipping_city, o.shipping_state, o.shipping_zip, o.shipping_country,
        o.notes, o.order_id, o.created_at::text || '+00', o.updated_at::text || '+00'
      from sales_orders o
      join (select order_id, sum(line_total) - sum(coalesce(discount, 0)) as subtotal
            from sales_items group by order_id) t on t.order_id = o.order_id
      """;
  private static final String ORDERS =
      """
      select order_id, user_id, customer_name, status::text, payment_method, payment_status,
        subtotal, tax, shipping_cost, total,
        shipping_address ->> 'street', shipping_address ->> 'city', shipping_address ->> 'state',
        shipping_address ->> 'zip', shipping_address ->> 'country',
        notes, migrated_from_order_id, created_at::text, updated_at::text
      from orders
      """;
  private static final String EXPECTED_ITEMS =
      """
      select i.sales_item_id, i.order_id, i.product_id, p.name, p.sku, i.quantity, i.unit_price,
        case when i.discount is null then 0.00 else i.discount end, i.line_total, i.sales_item_id,
        i.created_at::text || '+00'
      from sales_items i join products p on p.product_id = i.product_id
      """;
  private static final String ITEMS =
      """
      select item_id, order_id, product_id, product_name, product_sku, quantity, unit_price,
        discount_amount, line_total, migrated_from_sales_item_id, created_at::text
      from order_items
      """;

  private StateHash() {}

  /** What the store is to hold, by the legacy. */
  static String expected(Connection legacy) throws SQLException {
    return of(legacy, EXPECTED_ORDERS) + " " + of(legacy, EXPECTED_ITEMS);
  }

  /** What the store holds. */
  static String actual(Connection store) throws SQLException {
    return of(store, ORDERS) + " " + of(store, ITEMS);
  }

  private static String of(Connection connection, String rows) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("set time zone 'UTC'");
      String sql =
          "select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) from ("
              + rows
              + ") t";
      try (ResultSet row = statement.executeQuery(sql)) {
        row.next();
        return row.getString(1);
      }
    }
  }
}
