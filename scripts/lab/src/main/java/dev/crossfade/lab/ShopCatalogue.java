package dev.crossfade.lab;

import static dev.crossfade.lab.ShopSql.NOW;
import static dev.crossfade.lab.ShopSql.run;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;

/** What the legacy application does to products and their stock, a transaction a method. */
final class ShopCatalogue {
  private ShopCatalogue() {}

  static void createProduct(Connection c, UUID id, ShopWords words, int quantity)
      throws SQLException {
    run(
        c,
        """
        insert into products (product_id, sku, name, description, unit_price, category, brand)
        values (?, ?, ?, ?, ?, ?, ?)
        """,
        id,
        words.sku(),
        words.productName(),
        words.notes(),
        words.price(),
        words.category(),
        words.chance(0.2) ? null : "Acme");
    run(
        c,
        "insert into stock (stock_id, product_id, quantity, min_stock_level) values (?, ?, ?, ?)",
        words.uuid(),
        id,
        quantity,
        quantity / 20);
  }

  static void rename(Connection c, UUID product, String name) throws SQLException {
    run(
        c,
        "update products set name = ?, updated_at = " + NOW + " where product_id = ?",
        name,
        product);
  }

  static void reprice(Connection c, UUID product, BigDecimal price) throws SQLException {
    run(
        c,
        "update products set unit_price = ?, updated_at = " + NOW + " where product_id = ?",
        price,
        product);
  }

  static void discontinueOrRevive(Connection c, UUID product) throws SQLException {
    run(
        c,
        "update products set status = case status when 'ACTIVE' then 'DISCONTINUED' else 'ACTIVE'"
            + " end, updated_at = "
            + NOW
            + " where product_id = ?",
        product);
  }

  /** Removes a product that was never sold; its stock goes with it. */
  static void withdraw(Connection c, UUID product) throws SQLException {
    run(c, "delete from products where product_id = ?", product);
  }

  static void receive(Connection c, UUID product, int quantity) throws SQLException {
    run(
        c,
        "update stock set quantity = quantity + ?, updated_at = " + NOW + " where product_id = ?",
        quantity,
        product);
  }

  /** Takes stock into reservation, after a delivery if there is too little. */
  static void reserve(Connection c, UUID product, int quantity) throws SQLException {
    run(
        c,
        "update stock set reserved = reserved + ?, quantity = quantity + case when"
            + " quantity - reserved < ? then 250 else 0 end, updated_at = "
            + NOW
            + " where product_id = ?",
        quantity,
        quantity,
        product);
  }

  /** Changes both numbers of a product's stock. */
  static void move(Connection c, UUID product, int quantity, int reserved) throws SQLException {
    run(
        c,
        "update stock set quantity = quantity + ?, reserved = reserved + ?, updated_at = "
            + NOW
            + " where product_id = ?",
        quantity,
        reserved,
        product);
  }
}
