package dev.crossfade.lab.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The job of a run with peers: the legacy's orders and items, every column of every row, with some
 * names changed. It is what all of them can do.
 */
final class RowShape {
  /** A type of the legacy's columns. */
  enum Type {
    UUID,
    TEXT,
    INTEGER,
    /** Money with two digits behind the point. */
    MONEY,
    /** A date and time without a zone, in microseconds. */
    TIMESTAMP
  }

  /** One column, by its name in the legacy and in the order service's table. */
  record Column(String legacy, String store, Type type, boolean optional) {}

  /**
   * One table.
   *
   * @param columns the key first, which is one column
   */
  record Table(String legacy, String store, List<Column> columns) {
    Table {
      columns = List.copyOf(columns);
    }

    /** What is called otherwise in the store, in the order of the columns. */
    Map<String, String> renamed() {
      Map<String, String> renamed = new LinkedHashMap<>();
      columns.stream()
          .filter(c -> !c.legacy().equals(c.store()))
          .forEach(c -> renamed.put(c.legacy(), c.store()));
      return renamed;
    }

    /** Every row, with the legacy's names. */
    String legacyRows() {
      return columns.stream()
          .map(Column::legacy)
          .collect(Collectors.joining(", ", "select ", " from " + legacy));
    }

    /** Every row, with the store's names. */
    String storeRows() {
      return columns.stream()
          .map(Column::store)
          .collect(Collectors.joining(", ", "select ", " from " + store));
    }
  }

  static final Table ORDERS =
      new Table(
          "sales_orders",
          "orders",
          List.of(
              same("order_id", Type.UUID),
              new Column("user_id", "customer_id", Type.UUID, true),
              same("customer_name", Type.TEXT),
              same("status", Type.TEXT),
              optional("payment_method", Type.TEXT),
              same("payment_status", Type.TEXT),
              same("subtotal", Type.MONEY),
              same("tax", Type.MONEY),
              same("shipping_cost", Type.MONEY),
              same("total", Type.MONEY),
              optional("shipping_address", Type.TEXT),
              optional("shipping_city", Type.TEXT),
              optional("shipping_state", Type.TEXT),
              optional("shipping_zip", Type.TEXT),
              optional("shipping_country", Type.TEXT),
              optional("notes", Type.TEXT),
              new Column("created_at", "placed_at", Type.TIMESTAMP, false),
              same("updated_at", Type.TIMESTAMP)));

  static final Table ITEMS =
      new Table(
          "sales_items",
          "order_items",
          List.of(
              new Column("sales_item_id", "item_id", Type.UUID, false),
              same("order_id", Type.UUID),
              same("product_id", Type.UUID),
              same("quantity", Type.INTEGER),
              same("unit_price", Type.MONEY),
              new Column("discount", "discount_amount", Type.MONEY, true),
              same("line_total", Type.MONEY),
              same("created_at", Type.TIMESTAMP)));

  static final List<Table> TABLES = List.of(ORDERS, ITEMS);

  private RowShape() {}

  private static Column same(String name, Type type) {
    return new Column(name, name, type, false);
  }

  private static Column optional(String name, Type type) {
    return new Column(name, name, type, true);
  }
}
