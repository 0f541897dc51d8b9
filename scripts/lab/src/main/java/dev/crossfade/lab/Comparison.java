package dev.crossfade.lab;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Compares the service stores with the legacy: every row and every mapped column of every target,
 * row by row in the order of the keys. What is expected is said here once more, by hand, and shares
 * nothing with the mappings. Both sides must be at rest.
 */
public final class Comparison {
  private static final int NAMED = 10;

  /** Opens connections to one database. */
  public interface Database {
    Connection connect() throws SQLException;
  }

  /**
   * What was found in one domain.
   *
   * @param rows rows of the legacy's side
   * @param columns columns compared, of all targets together
   * @param mismatches rows that are missing, not expected, or differ
   * @param named the first of them, by key and column, without values
   */
  public record Found(long rows, int columns, long mismatches, List<String> named) {
    public Found {
      named = List.copyOf(named);
    }
  }

  /** One target: two queries with the same columns, of which the first is the row's key. */
  private record Target(String table, String expected, String actual) {}

  private static final Map<String, List<Target>> TARGETS =
      Map.of(
          "product",
          List.of(
              new Target(
                  "products",
                  """
                  select product_id::text as key, sku,
                    btrim(lower(regexp_replace(name, '[^[:alnum:]]+', '-', 'g')), '-') || '-'
                      || lower(regexp_replace(sku, '[^[:alnum:]]+', '-', 'g')) as slug,
                    name, description, unit_price::text,
                    case when category is null then 'uncategorised' else category end as category,
                    brand, (status <> 'DISCONTINUED')::text as active,
                    product_id::text as migrated_from_product_id,
                    created_at::text || '+00' as created_at, updated_at::text || '+00' as updated_at
                  from products order by product_id
                  """,
                  """
                  select product_id::text as key, sku, slug, name, description, unit_price::text,
                    category, brand, active::text, migrated_from_product_id::text,
                    created_at::text, updated_at::text
                  from products order by product_id
                  """)),
          "inventory",
          List.of(
              new Target(
                  "stock_levels",
                  """
                  select product_id::text as key, quantity::text as on_hand, reserved::text,
                    (quantity - reserved)::text as available,
                    min_stock_level::text as reorder_point,
                    stock_id::text as migrated_from_stock_id,
                    updated_at::text || '+00' as updated_at
                  from stock order by product_id
                  """,
                  """
                  select product_id::text as key, on_hand::text, reserved::text, available::text,
                    reorder_point::text, migrated_from_stock_id::text, updated_at::text
                  from stock_levels order by product_id
                  """)),
          "order",
          List.of(
              new Target(
                  "orders",
                  """
                  select o.order_id::text as key, user_id::text, customer_name,
                    upper(status) as status, payment_method,
                    replace(upper(payment_status), 'PAID', 'CAPTURED') as payment_status,
                    t.subtotal::text, tax::text, shipping_cost::text,
                    (t.subtotal + tax + shipping_cost)::text as total,
                    shipping_address as street, shipping_city as city, shipping_state as state,
                    shipping_zip as zip, shipping_country as country, '5' as address_fields,
                    notes, o.order_id::text as migrated_from_order_id,
                    o.created_at::text || '+00' as created_at,
                    o.updated_at::text || '+00' as updated_at
                  from sales_orders o
                  join (select order_id, sum(line_total) - sum(coalesce(discount, 0)) as subtotal
                        from sales_items group by order_id) t on t.order_id = o.order_id
                  order by o.order_id
                  """,
                  """
                  select order_id::text as key, user_id::text, customer_name, status::text,
                    payment_method, payment_status, subtotal::text, tax::text, shipping_cost::text,
                    total::text, shipping_address ->> 'street', shipping_address ->> 'city',
                    shipping_address ->> 'state', shipping_address ->> 'zip',
                    shipping_address ->> 'country',
                    (select count(*)::text from jsonb_object_keys(shipping_address)),
                    notes, migrated_from_order_id::text, created_at::text, updated_at::text
                  from orders order by order_id
                  """),
              new Target(
                  "order_items",
                  """
                  select i.sales_item_id::text as key, order_id::text, product_id::text,
                    n.product_name, n.product_sku, quantity::text, unit_price::text,
                    (case when discount is null then 0.00 else discount end)::text
                      as discount_amount,
                    line_total::text, i.sales_item_id::text as migrated_from_sales_item_id,
                    created_at::text || '+00' as created_at
                  from sales_items i
                  left join lab_item_names n on n.sales_item_id = i.sales_item_id
                  order by i.sales_item_id
                  """,
                  """
                  select item_id::text as key, order_id::text, product_id::text, product_name,
                    product_sku, quantity::text, unit_price::text, discount_amount::text,
                    line_total::text, migrated_from_sales_item_id::text, created_at::text
                  from order_items order by item_id
                  """)),
          "auth",
          List.of(
              new Target(
                  "roles",
                  """
                  select id::text as key, upper(name) as name,
                    case when description is null then '' else description end as description,
                    id::text as migrated_from_role_id, created_at::text || '+00' as created_at
                  from roles order by id
                  """,
                  """
                  select id::text as key, name, description, migrated_from_role_id::text,
                    created_at::text
                  from roles order by id
                  """),
              new Target(
                  "users",
                  """
                  select id::text as key, email, hashed_password as password_hash, full_name,
                    is_active::text, is_superuser::text, id::text as migrated_from_user_id,
                    created_at::text || '+00' as created_at, updated_at::text || '+00' as updated_at
                  from users order by id
                  """,
                  """
                  select id::text as key, email, password_hash, full_name, is_active::text,
                    is_superuser::text, migrated_from_user_id::text, created_at::text,
                    updated_at::text
                  from users order by id
                  """),
              new Target(
                  "user_roles",
                  """
                  select user_id || '/' || role_id as key, user_id::text, role_id::text,
                    granted_at::text || '+00' as granted_at
                  from user_roles order by user_id, role_id
                  """,
                  """
                  select user_id || '/' || role_id as key, user_id::text, role_id::text,
                    granted_at::text
                  from user_roles order by user_id, role_id
                  """)));

  private final Database legacy;
  private final Map<String, Database> stores;

  /**
   * @param stores domain to its store; the domains to compare
   */
  public Comparison(Database legacy, Map<String, Database> stores) {
    this.legacy = legacy;
    this.stores = new LinkedHashMap<>(stores);
    for (String domain : stores.keySet()) {
      if (!TARGETS.containsKey(domain)) {
        throw new IllegalArgumentException(
            "the shop has no domain \"" + domain + "\", only " + ShopFiles.DOMAINS);
      }
    }
  }

  /** Compares each domain, in the order in which the stores were given. */
  public Map<String, Found> compare() throws SQLException {
    Map<String, Found> found = new LinkedHashMap<>();
    for (Map.Entry<String, Database> store : stores.entrySet()) {
      try (Connection left = reader(legacy);
          Connection right = reader(store.getValue())) {
        Tally tally = new Tally();
        for (Target target : TARGETS.get(store.getKey())) {
          compare(target, left, right, tally);
        }
        found.put(
            store.getKey(), new Found(tally.rows, tally.columns, tally.mismatches, tally.named));
      }
    }
    return found;
  }

  private static void compare(Target target, Connection legacy, Connection store, Tally tally)
      throws SQLException {
    try (PreparedStatement expect = legacy.prepareStatement(target.expected());
        PreparedStatement find = store.prepareStatement(target.actual())) {
      expect.setFetchSize(1_000);
      find.setFetchSize(1_000);
      try (ResultSet expected = expect.executeQuery();
          ResultSet actual = find.executeQuery()) {
        ResultSetMetaData columns = expected.getMetaData();
        if (columns.getColumnCount() != actual.getMetaData().getColumnCount()) {
          throw new LabException("the two queries for " + target.table() + " have unlike columns");
        }
        tally.columns += columns.getColumnCount();
        boolean left = expected.next();
        boolean right = actual.next();
        while (left || right) {
          int order =
              !left ? 1 : !right ? -1 : expected.getString(1).compareTo(actual.getString(1));
          if (order < 0) {
            tally.mismatch(target.table() + " " + expected.getString(1) + " is missing");
          } else if (order > 0) {
            tally.mismatch(target.table() + " " + actual.getString(1) + " is not expected");
          } else {
            compareRow(target.table(), columns, expected, actual, tally);
          }
          if (order <= 0) {
            tally.rows++;
            left = expected.next();
          }
          if (order >= 0) {
            right = actual.next();
          }
        }
      }
    }
  }

  private static void compareRow(
      String table, ResultSetMetaData columns, ResultSet expected, ResultSet actual, Tally tally)
      throws SQLException {
    List<String> differing = new ArrayList<>();
    for (int i = 2; i <= columns.getColumnCount(); i++) {
      if (!Objects.equals(expected.getString(i), actual.getString(i))) {
        differing.add(columns.getColumnLabel(i));
      }
    }
    if (!differing.isEmpty()) {
      tally.mismatch(table + " " + expected.getString(1) + " differs in " + differing);
    }
  }

  /** A connection whose queries stream from one snapshot, timestamps in UTC. */
  private static Connection reader(Database database) throws SQLException {
    Connection connection = database.connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("set time zone 'UTC'");
      statement.execute("set extra_float_digits = 1");
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static final class Tally {
    private long rows;
    private int columns;
    private long mismatches;
    private final List<String> named = new ArrayList<>();

    void mismatch(String what) {
      mismatches++;
      if (named.size() < NAMED) {
        named.add(what);
      }
    }
  }
}
