package dev.crossfade.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.PGConnection;

/** The comparison sees what it must see, on stores that plain INSERTs of the mappings filled. */
class ComparisonTest {
  private static final List<String> LEGACY_TABLES =
      List.of("users", "roles", "user_roles", "products", "stock", "sales_orders", "sales_items");
  private static final Pattern SELECT = Pattern.compile("(\\w+):\\s*\\{?\\s*select: (\\w+\\.sql)");
  private static final ShopFiles SHOP = ShopFiles.find();
  private static final Map<String, String> STORES = new LinkedHashMap<>();
  private static String legacy;

  @BeforeAll
  static void aShopWithTrafficAndItsStores() throws Exception {
    PostgresServer server = Servers.stores();
    legacy = Servers.freshDatabase(server, "shop");
    server.execute(legacy, SHOP.legacy());
    try (Connection connection = server.connect(legacy)) {
      ShopSeed.plant(connection, 7, 20, 30, 40);
    }
    ShopTraffic.Counts counts = ShopTraffic.run(() -> server.connect(legacy), 7, 300);
    assertEquals(300, counts.orders());
    try (ShopTraffic busy =
        ShopTraffic.start(
            () -> server.connect(legacy), new ShopTraffic.Settings(500, 6, 8, Optional.empty()))) {
      assertTrue(
          Deadline.in(java.time.Duration.ofSeconds(90)).await(() -> busy.counts().orders() > 300));
      ShopTraffic.Counts end = busy.stop();
      assertEquals(0, end.failures(), () -> end.lastFailure().toString());
    }
    for (String domain : ShopFiles.DOMAINS) {
      STORES.put(domain, Servers.freshDatabase(server, domain));
      fill(server, domain);
    }
  }

  @Test
  void equalStoresCompareEqual() throws SQLException {
    Map<String, Comparison.Found> found = compare();
    found.forEach((domain, f) -> assertEquals(List.of(), f.named(), domain));
    assertEquals(ShopFiles.DOMAINS, List.copyOf(found.keySet()));
    found.values().forEach(f -> assertTrue(f.rows() > 0 && f.mismatches() == 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '"',
      textBlock =
          """
          product   ; update products set name = name || '.' where sku = (select min(sku) from products)
          product   ; delete from products where sku = (select min(sku) from products)
          product   ; insert into products (sku, slug, name, unit_price) values ('x', 'x', 'x', 1)
          inventory ; update stock_levels set reorder_point = reorder_point + 1 where product_id = (select min(product_id::text)::uuid from stock_levels)
          inventory ; delete from stock_levels where product_id = (select min(product_id::text)::uuid from stock_levels)
          inventory ; insert into stock_levels (product_id, on_hand, available) values (gen_random_uuid(), 1, 1)
          order     ; update orders set shipping_address = shipping_address - 'state' where order_id = (select min(order_id::text)::uuid from orders)
          order     ; update order_items set product_name = '' where item_id = (select max(item_id::text)::uuid from order_items)
          order     ; delete from order_items where item_id = (select max(item_id::text)::uuid from order_items)
          order     ; insert into orders (subtotal, total, customer_name) values (1, 1, 'x')
          auth      ; update users set full_name = coalesce(full_name, '') || 'x' where id = (select min(id::text)::uuid from users)
          auth      ; delete from user_roles where (user_id, role_id) in (select user_id, role_id from user_roles limit 1)
          auth      ; insert into roles (name) values ('NEW')
          """)
  void oneChangeInAStoreIsOneMismatch(String domain, String change) throws SQLException {
    PostgresServer server = Servers.stores();
    try (Connection connection = server.connect(STORES.get(domain));
        Statement statement = connection.createStatement()) {
      assertEquals(1, statement.executeUpdate(change));
    }
    try {
      Map<String, Comparison.Found> found = compare();
      found.forEach(
          (name, f) -> assertEquals(name.equals(domain) ? 1 : 0, f.mismatches(), f.toString()));
    } finally {
      refill(server, domain);
    }
  }

  private static Map<String, Comparison.Found> compare() throws SQLException {
    Map<String, Comparison.Database> stores = new LinkedHashMap<>();
    STORES.forEach((domain, name) -> stores.put(domain, () -> Servers.stores().connect(name)));
    return new Comparison(() -> Servers.stores().connect(legacy), stores).compare();
  }

  private static void refill(PostgresServer server, String domain) throws SQLException {
    STORES.put(domain, Servers.freshDatabase(server, domain));
    try {
      fill(server, domain);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * The legacy's rows into schema legacy of the store, then INSERT ... SELECT as in a migration.
   */
  private static void fill(PostgresServer server, String domain) throws SQLException, IOException {
    String store = STORES.get(domain);
    server.execute(store, SHOP.service(domain));
    server.execute(
        store,
        "create schema legacy; set search_path = legacy;"
            + SHOP.legacy()
            + "create table names (sales_item_id uuid, product_name text, product_sku text)");
    try (Connection from = server.connect(legacy);
        Connection to = server.connect(store)) {
      for (String table : LEGACY_TABLES) {
        copy(from, table, to, "legacy." + table);
      }
      copy(from, "lab_item_names", to, "legacy.names");
      Path folder = SHOP.domain(domain);
      Matcher select =
          SELECT.matcher(
              Files.readString(folder.resolve("domain.yml")).replaceAll(":\\n\\s+", ": { "));
      while (select.find()) {
        insert(to, select.group(1), Files.readString(folder.resolve(select.group(2))));
      }
      if (domain.equals("order")) {
        try (Statement statement = to.createStatement()) {
          statement.execute(
              "update order_items i set product_name = n.product_name, product_sku = n.product_sku"
                  + " from legacy.names n where n.sales_item_id = i.item_id");
        }
      }
    }
  }

  private static void copy(Connection from, String table, Connection to, String copy)
      throws SQLException, IOException {
    ByteArrayOutputStream rows = new ByteArrayOutputStream();
    from.unwrap(PGConnection.class)
        .getCopyAPI()
        .copyOut("copy (select * from " + table + ") to stdout", rows);
    to.unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn("copy " + copy + " from stdin", new ByteArrayInputStream(rows.toByteArray()));
  }

  private static void insert(Connection store, String table, String select) throws SQLException {
    String mapping = select.replaceAll("= any\\(:keys\\)", "is not null");
    try (Statement statement = store.createStatement()) {
      StringBuilder columns = new StringBuilder();
      try (ResultSet shape = statement.executeQuery(mapping + " limit 0")) {
        for (int i = 1; i <= shape.getMetaData().getColumnCount(); i++) {
          String column = shape.getMetaData().getColumnLabel(i);
          if (!column.equals("park")) {
            columns.append(columns.isEmpty() ? "" : ", ").append(column);
          }
        }
      }
      statement.execute(
          "insert into "
              + table
              + " ("
              + columns
              + ") select "
              + columns
              + " from ("
              + mapping
              + ") m");
    }
  }
}
