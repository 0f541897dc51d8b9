package dev.crossfade.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Orders in groups of three with their items, and one product a group that may be renamed. Rows
 * move within a group only, as an item's id stays in its group.
 */
final class OrderGround implements Ground {
  private static String uuid(int n) {
    return "00000000-0000-4000-8000-%012d".formatted(n);
  }

  private static String order(int n) {
    return uuid(100_000_000 + n);
  }

  private static String item(int group, int n) {
    return uuid(200_000_000 + group * 100_000 + n);
  }

  private static String product(int n) {
    return uuid(300_000_000 + n);
  }

  @Override
  public String domain() {
    return "order";
  }

  @Override
  public int groups() {
    return 8;
  }

  @Override
  public void operation(Script s, List<Integer> groups) {
    int g = s.one(groups);
    var orders = new ArrayList<>(List.of(order(g * 3), order(g * 3 + 1), order(g * 3 + 2)));
    String a = s.one(orders);
    orders.remove(a);
    String b = s.one(orders);
    switch (s.number(18)) {
      case 0, 1 -> put(s, a);
      case 2 -> s.sql("delete from sales_orders where order_id = '%s'", a);
      case 3, 4 -> items(s, g, a);
      case 5 -> s.sql("delete from sales_items where sales_item_id = '%s'", item(g, s.number(9)));
      case 6 -> {
        ensure(s, b);
        s.sql(
            "update sales_items set order_id = '%s' where sales_item_id = (select min(sales_item_id::text)::uuid from sales_items where order_id = '%s')",
            b, a);
      }
      case 7 ->
          s.sql(
              "update sales_orders set order_id = '%2$s' where order_id = '%1$s' and not exists (select from sales_orders where order_id = '%2$s')",
              a, b);
      case 8 -> swap(s, "sales_orders", "order_id", a, b);
      case 9 -> s.sql("update sales_orders set notes = %s where order_id = '%s'", s.large(), a);
      case 10 ->
          s.sql(
              "update sales_orders set notes = %s where order_id = '%s'",
              s.chance(50) ? "null" : "'note " + s.number(1000) + "'", a);
      case 11, 12 ->
          s.sql(
              "update sales_orders set status = '%s', payment_status = '%s', tax = %d.%02d where order_id in ('%s', '%s')",
              s.one(List.of("pending", "confirmed", "shipped", "cancelled")),
              s.one(List.of("pending", "paid", "refunded")),
              s.number(50),
              s.number(100),
              a,
              b);
      case 13 -> {
        s.sql("delete from sales_orders where order_id = '%s'", a);
        put(s, a);
        items(s, g, a);
      }
      case 14 -> copy(s, g, a, 1 + s.number(6), 10);
      case 15 -> {
        ensure(s, b);
        s.sql("update sales_items set order_id = '%s' where order_id = '%s'", b, a);
        s.sql("delete from sales_orders where order_id = '%s'", a);
      }
      case 16 -> {
        if (s.chance(40)) {
          swap(s, "sales_items", "sales_item_id", item(g, 0), item(g, 1));
        } else if (s.chance(20)) {
          copy(s, g, a, 1_000 + s.number(2_000), 1_000);
        } else {
          s.sql(
              "delete from sales_items where sales_item_id between '%s' and '%s'",
              item(g, 1_000), item(g, 9_000));
        }
      }
      default ->
          s.sql(
              "update products set name = 'product %d' where product_id = '%s'",
              s.number(10_000), product(g));
    }
  }

  private static void swap(Script s, String table, String key, String a, String b) {
    String free = uuid(900_000_000 + s.tx());
    s.sql("update %s set %s = '%s' where %2$s = '%s'", table, key, free, a);
    s.sql("update %s set %s = '%s' where %2$s = '%s'", table, key, a, b);
    s.sql("update %s set %s = '%s' where %2$s = '%s'", table, key, b, free);
  }

  private static void put(Script s, String order) {
    s.sql(
        "insert into sales_orders (order_id, customer_name, shipping_city, tax, shipping_cost) values ('%s', 'customer %d', 'city', %d, 4.90) on conflict (order_id) do update set customer_name = excluded.customer_name",
        order, s.number(100), s.number(9));
  }

  private static void ensure(Script s, String order) {
    s.sql(
        "insert into sales_orders (order_id, customer_name) values ('%s', 'somebody') on conflict do nothing",
        order);
  }

  private static void items(Script s, int group, String order) {
    ensure(s, order);
    for (int i = 0, n = 1 + s.number(3); i < n; i++) {
      int price = 100 + s.number(900);
      s.sql(
          "insert into sales_items (sales_item_id, order_id, product_id, quantity, unit_price, discount, line_total) values ('%s', '%s', '%s', 1, %5$d.25, %4$s, %5$d.25) on conflict (sales_item_id) do update set quantity = sales_items.quantity + 1, discount = excluded.discount",
          item(group, s.number(9)),
          order,
          product(s.number(8)),
          s.chance(50) ? "null" : String.valueOf(s.number(50)),
          price);
    }
  }

  private static void copy(Script s, int group, String order, int items, int from) {
    ensure(s, order);
    s.sql(
        "delete from sales_items where sales_item_id between '%s' and '%s'",
        item(group, from), item(group, from + items - 1));
    var rows = new ArrayList<String>();
    for (int i = 0; i < items; i++) {
      rows.add(
          item(group, from + i) + "\t" + order + "\t" + product(i % 8) + "\t2\t1.50\t\\N\t3.00");
    }
    s.copy(
        "sales_items (sales_item_id, order_id, product_id, quantity, unit_price, discount, line_total)",
        rows);
  }

  @Override
  public void whole(Script s) {
    switch (s.number(3)) {
      case 0 -> s.sql("truncate sales_items");
      case 1 -> s.sql("truncate sales_orders cascade");
      default -> {
        items(s, 0, order(0));
        s.sql("truncate sales_items");
        items(s, 0, order(1));
        s.sql("update sales_orders set customer_name = 'again', tax = 3");
      }
    }
  }

  @Override
  public void large(Script s, int rows) {
    if (rows == 0) {
      s.sql(
          "delete from sales_items where sales_item_id between '%s' and '%s'",
          item(0, 10_000), item(0, 99_999));
      return;
    }
    ensure(s, order(0));
    ensure(s, order(1));
    s.sql(
        """
        insert into sales_items (sales_item_id, order_id, product_id, quantity, unit_price, line_total)
        select ('00000000-0000-4000-8000-' || lpad((200010000 + g)::text, 12, '0'))::uuid,
          case g %% 2 when 0 then '%s'::uuid else '%s' end, '%s', 1, 2, 2
        from generate_series(1, %d) g on conflict do nothing
        """,
        order(0), order(1), product(0), rows);
  }
}
