package dev.crossfade.lab;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** What the shop holds before the first client comes: roles, users, a catalogue, old orders. */
public final class ShopSeed {
  static final List<String> ROLES = List.of("customer", "wholesale", "staff", "auditor", "admin");

  /** Tables of the lab's own in the legacy database; nobody captures them. */
  private static final String LAB_TABLES =
      """
      create table if not exists lab_item_names (
        sales_item_id uuid primary key, product_name text not null, product_sku text not null);
      create table if not exists lab_runs (run integer primary key, seed bigint not null);
      """;

  private ShopSeed() {}

  /** A role's id, the same in every shop. */
  static UUID role(String name) {
    return UUID.nameUUIDFromBytes(("role " + name).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Fills a legacy database that has the shop's tables and no users yet; does nothing to one that
   * has users.
   */
  public static void plant(Connection connection, long seed, int users, int products, int orders)
      throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(LAB_TABLES);
      try (ResultSet any = statement.executeQuery("select 1 from users limit 1")) {
        if (any.next()) {
          connection.commit();
          return;
        }
      }
      Random random = new Random(seed);
      ShopWords words = new ShopWords(random);
      roles(connection);
      List<UUID> customers = new ArrayList<>();
      for (int i = 0; i < users; i++) {
        customers.add(words.uuid());
        ShopUsers.signUp(connection, customers.get(i), words.email(), words.person());
      }
      List<UUID> catalogue = new ArrayList<>();
      for (int i = 0; i < products; i++) {
        UUID product = words.uuid();
        catalogue.add(product);
        ShopCatalogue.createProduct(connection, product, words, 500 + random.nextInt(1_000));
      }
      connection.commit();
      for (int i = 0; i < orders; i++) {
        UUID customer = customers.get(random.nextInt(customers.size()));
        ShopOrders.place(connection, words.order(customer, catalogue));
        if (i % 100 == 99) {
          connection.commit();
        }
      }
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(autoCommit);
    }
  }

  private static void roles(Connection connection) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("insert into roles (id, name, description) values (?, ?, ?)")) {
      for (String name : ROLES) {
        insert.setObject(1, role(name));
        insert.setString(2, name);
        insert.setString(3, "customer".equals(name) ? null : "the " + name + "'s rights");
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }
}
