package dev.crossfade.lab;

import static dev.crossfade.lab.ShopSql.NOW;
import static dev.crossfade.lab.ShopSql.bind;
import static dev.crossfade.lab.ShopSql.run;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** What the legacy application does to users and their roles, a transaction a method. */
final class ShopUsers {
  private ShopUsers() {}

  static void signUp(Connection c, UUID id, String email, String name) throws SQLException {
    run(
        c,
        "insert into users (id, email, hashed_password, full_name) values (?, ?, ?, ?)",
        id,
        email,
        "$2b$12$" + id,
        name);
    grant(c, id, ShopSeed.role("customer"));
  }

  static void changeEmail(Connection c, UUID user, String email) throws SQLException {
    run(c, "update users set email = ?, updated_at = " + NOW + " where id = ?", email, user);
  }

  /** Two users swap their e-mail addresses, in one statement. */
  static void swapEmails(Connection c, UUID one, UUID other) throws SQLException {
    Map<UUID, String> emails = new HashMap<>();
    try (PreparedStatement select =
        c.prepareStatement(
            "select id, email from users where id in (?, ?) order by id for update")) {
      bind(select, one, other);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          emails.put(rows.getObject(1, UUID.class), rows.getString(2));
        }
      }
    }
    if (emails.size() == 2) {
      run(
          c,
          "update users set email = case id when ? then ? else ? end, updated_at = "
              + NOW
              + " where id in (?, ?)",
          one,
          emails.get(other),
          emails.get(one),
          one,
          other);
    }
  }

  static void activateOrDeactivate(Connection c, UUID user) throws SQLException {
    run(
        c,
        "update users set is_active = not is_active, updated_at = " + NOW + " where id = ?",
        user);
  }

  static void grant(Connection c, UUID user, UUID role) throws SQLException {
    run(
        c,
        "insert into user_roles (user_id, role_id) values (?, ?) on conflict do nothing",
        user,
        role);
  }

  static void revoke(Connection c, UUID user, UUID role) throws SQLException {
    run(c, "delete from user_roles where user_id = ? and role_id = ?", user, role);
  }
}
