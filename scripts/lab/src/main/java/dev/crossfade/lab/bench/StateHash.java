package dev.crossfade.lab.bench;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The state of orders and items in one line: rows and a hash over every mapped column of every row,
 * in any order. What is expected is said in SQL over the legacy, by hand; it shares nothing with
 * the mappings.
 *
 * @param rows SQL that gives the rows of one kind, each; the same kinds in the same order on both
 *     sides
 */
record StateHash(List<String> rows) {
  /** What the shop's order service is to hold, by the legacy. */
  static final StateHash SHOP_LEGACY =
      new StateHash(
          List.of(
              """
              select o.order_id, o.user_id, o.customer_name, upper(o.status), o.payment_method,
                replace(upper(o.payment_status), 'PAID', 'CAPTURED'),
                t.subtotal, o.tax, o.shipping_cost, t.subtotal + o.tax + o.shipping_cost,
                o.shipping_address, o.shipping_city, o.shipping_state, o.shipping_zip, o.shipping_country,
                o.notes, o.order_id, o.created_at::text || '+00', o.updated_at::text || '+00'
              from sales_orders o
              join (select order_id, sum(line_total) - sum(coalesce(discount, 0)) as subtotal
                    from sales_items group by order_id) t on t.order_id = o.order_id
              """,
              """
              select i.sales_item_id, i.order_id, i.product_id, p.name, p.sku, i.quantity, i.unit_price,
                case when i.discount is null then 0.00 else i.discount end, i.line_total, i.sales_item_id,
                i.created_at::text || '+00'
              from sales_items i join products p on p.product_id = i.product_id
              """));

  /** What the shop's order service holds. */
  static final StateHash SHOP_STORE =
      new StateHash(
          List.of(
              """
              select order_id, user_id, customer_name, status::text, payment_method, payment_status,
                subtotal, tax, shipping_cost, total,
                shipping_address ->> 'street', shipping_address ->> 'city', shipping_address ->> 'state',
                shipping_address ->> 'zip', shipping_address ->> 'country',
                notes, migrated_from_order_id, created_at::text, updated_at::text
              from orders
              """,
              """
              select item_id, order_id, product_id, product_name, product_sku, quantity, unit_price,
                discount_amount, line_total, migrated_from_sales_item_id, created_at::text
              from order_items
              """));

  /** Every column of every row with the legacy's names: what is expected, and PostgreSQL's copy. */
  static final StateHash ROWS_LEGACY =
      new StateHash(RowShape.TABLES.stream().map(RowShape.Table::legacyRows).toList());

  /** Every column of every row with the store's names. */
  static final StateHash ROWS_STORE =
      new StateHash(RowShape.TABLES.stream().map(RowShape.Table::storeRows).toList());

  StateHash {
    rows = List.copyOf(rows);
  }

  /** What a database holds now. */
  String of(Connection connection) throws SQLException {
    List<String> hashes = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      statement.execute("set time zone 'UTC'");
      for (String select : rows) {
        String sql =
            "select count(*) || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) from ("
                + select
                + ") t";
        try (ResultSet row = statement.executeQuery(sql)) {
          row.next();
          hashes.add(row.getString(1));
        }
      }
    }
    return String.join(" ", hashes);
  }
}
