package dev.crossfade.lab;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * One client of the shop: decides from its own random source what happens next to the orders, users
 * and products that it looks after. What it decides does not depend on other clients, so that a
 * seed repeats it. One thread only.
 */
final class ShopClient {
  private static final Set<String> AGAIN = Set.of("40001", "40P01");
  private static final int MINE = 200;

  private final Random random;
  private final ShopWords words;
  private final Optional<String> beforeCommit;
  private final List<UUID> orders;
  private final List<UUID> users;
  private final List<UUID> catalogue;
  private final List<UUID> unsold = new ArrayList<>();

  /** One transaction's body. */
  interface Body {
    void run(Connection connection) throws SQLException;
  }

  private ShopClient(
      Random random,
      Optional<String> beforeCommit,
      List<UUID> orders,
      List<UUID> users,
      List<UUID> catalogue) {
    this.random = random;
    this.words = new ShopWords(random);
    this.beforeCommit = beforeCommit;
    this.orders = orders;
    this.users = users;
    this.catalogue = catalogue;
  }

  /** A client that looks after its share of the users and orders that are there. */
  static ShopClient of(
      Connection connection, int number, int clients, Random random, Optional<String> beforeCommit)
      throws SQLException {
    String share =
        " where mod(abs(hashtext(%s::text)::bigint), " + clients + ") = " + number + " order by %s";
    ShopClient client =
        new ShopClient(
            random,
            beforeCommit,
            ids(
                connection,
                "select order_id from sales_orders"
                    + share.formatted("order_id", "order_id")
                    + " limit "
                    + MINE),
            ids(connection, "select id from users" + share.formatted("id", "id") + " limit 1000"),
            ids(
                connection,
                "select product_id from products p where exists (select from stock s where"
                    + " s.product_id = p.product_id) order by product_id limit 1000"));
    connection.commit();
    return client;
  }

  private static List<UUID> ids(Connection connection, String sql) throws SQLException {
    List<UUID> ids = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(sql);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        ids.add(rows.getObject(1, UUID.class));
      }
    }
    return ids;
  }

  /** Places one order; returns how many items it has. */
  int place(Connection connection) throws SQLException {
    if (users.isEmpty()) {
      signUp(connection);
    }
    ShopWords.NewOrder order = words.order(words.pick(users), catalogue);
    commit(connection, c -> ShopOrders.place(c, order));
    orders.add(order.id());
    if (orders.size() > MINE) {
      orders.remove(random.nextInt(MINE / 2));
    }
    return order.items().size();
  }

  /** What else happens in the shop for each order that is placed: about six transactions. */
  void bustle(Connection connection) throws SQLException {
    for (int i = 0; i < 3; i++) {
      onOrder(connection, 0.8, ShopOrders::advance);
    }
    boolean succeeds = words.chance(0.9);
    onOrder(connection, 0.9, (c, o) -> ShopOrders.pay(c, o, succeeds));
    List<ShopWords.NewItem> more = words.items(catalogue, 1 + random.nextInt(2));
    onOrder(connection, 0.25, (c, o) -> ShopOrders.addItems(c, o, more));
    int n = random.nextInt(100);
    int quantity = 1 + random.nextInt(6);
    onOrder(connection, 0.25, (c, o) -> ShopOrders.changeItem(c, o, n, quantity));
    onOrder(connection, 0.2, (c, o) -> ShopOrders.removeItem(c, o, n));
    String notes = words.notes();
    onOrder(connection, 0.1, (c, o) -> ShopOrders.editNotes(c, o, notes));
    onOrder(connection, 0.12, ShopOrders::cancel);
    if (words.chance(0.06) && orders.size() > 5) {
      UUID order = orders.remove(random.nextInt(orders.size()));
      commit(connection, c -> ShopOrders.delete(c, order));
    }
    catalogue(connection);
    people(connection);
  }

  private void catalogue(Connection connection) throws SQLException {
    UUID product = words.pick(catalogue);
    if (words.chance(0.15)) {
      String name = words.productName();
      commit(connection, c -> ShopCatalogue.rename(c, product, name));
    }
    if (words.chance(0.15)) {
      BigDecimal price = words.price();
      commit(connection, c -> ShopCatalogue.reprice(c, product, price));
    }
    if (words.chance(0.05)) {
      commit(connection, c -> ShopCatalogue.discontinueOrRevive(c, product));
    }
    if (words.chance(0.3)) {
      int quantity = 1 + random.nextInt(100);
      commit(connection, c -> ShopCatalogue.receive(c, product, quantity));
    }
    if (words.chance(0.06)) {
      UUID id = words.uuid();
      // Drawn anew from one seed at every attempt, as a transaction may be tried again.
      long seed = random.nextLong();
      commit(
          connection,
          c -> ShopCatalogue.createProduct(c, id, new ShopWords(new Random(seed)), 300));
      unsold.add(id);
    }
    if (unsold.size() > 3) {
      UUID first = unsold.remove(0);
      if (words.chance(0.4)) {
        commit(connection, c -> ShopCatalogue.withdraw(c, first));
      } else {
        catalogue.add(first);
      }
    }
  }

  private void people(Connection connection) throws SQLException {
    if (words.chance(0.15)) {
      signUp(connection);
    }
    UUID user = words.pick(users);
    UUID other = words.pick(users);
    if (words.chance(0.1)) {
      String email = words.email();
      commit(connection, c -> ShopUsers.changeEmail(c, user, email));
    }
    if (words.chance(0.06) && !user.equals(other)) {
      commit(connection, c -> ShopUsers.swapEmails(c, user, other));
    }
    if (words.chance(0.05)) {
      commit(connection, c -> ShopUsers.activateOrDeactivate(c, user));
    }
    UUID role = ShopSeed.role(words.pick(ShopSeed.ROLES));
    if (words.chance(0.12)) {
      commit(connection, c -> ShopUsers.grant(c, user, role));
    }
    if (words.chance(0.1)) {
      commit(connection, c -> ShopUsers.revoke(c, user, role));
    }
  }

  private void signUp(Connection connection) throws SQLException {
    UUID id = words.uuid();
    String email = words.email();
    String name = words.person();
    commit(connection, c -> ShopUsers.signUp(c, id, email, name));
    users.add(id);
  }

  private interface OrderBody {
    void run(Connection connection, UUID order) throws SQLException;
  }

  private void onOrder(Connection connection, double probability, OrderBody body)
      throws SQLException {
    if (words.chance(probability) && !orders.isEmpty()) {
      UUID order = words.pick(orders);
      commit(connection, c -> body.run(c, order));
    }
  }

  /** Runs one transaction, again as often as the database asks for that. */
  private void commit(Connection connection, Body body) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        body.run(connection);
        if (beforeCommit.isPresent()) {
          try (PreparedStatement last = connection.prepareStatement(beforeCommit.get())) {
            last.execute();
          }
        }
        connection.commit();
        return;
      } catch (SQLException e) {
        connection.rollback();
        if (!AGAIN.contains(String.valueOf(e.getSQLState())) || attempt == 20) {
          throw e;
        }
      }
    }
  }
}
