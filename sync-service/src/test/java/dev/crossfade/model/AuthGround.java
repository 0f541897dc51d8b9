package dev.crossfade.model;

import java.util.ArrayList;
import java.util.List;

/** Users in groups of three, whose e-mails wander; four roles. */
final class AuthGround implements Ground {
  private int emails;

  private static String uuid(int n) {
    return "00000000-0000-4000-8000-%012d".formatted(n);
  }

  private static String user(int n) {
    return uuid(500_000_000 + n);
  }

  private static String role(int n) {
    return uuid(400_000_000 + n);
  }

  private String fresh() {
    return "m" + ++emails + "@example.com";
  }

  @Override
  public String domain() {
    return "auth";
  }

  @Override
  public int groups() {
    return 7;
  }

  @Override
  public void operation(Script s, List<Integer> groups) {
    var users = new ArrayList<String>();
    groups.forEach(g -> users.addAll(List.of(user(g * 3), user(g * 3 + 1), user(g * 3 + 2))));
    String a = s.one(users);
    users.remove(a);
    String b = s.one(users);
    users.remove(b);
    String c = s.one(users);
    switch (s.number(16)) {
      case 0, 1 -> put(s, a);
      case 2 -> s.sql("delete from users where id = '%s'", a);
      case 3 ->
          s.sql(
              "update users u set email = o.email from users o where u.id in ('%1$s', '%2$s') and o.id in ('%1$s', '%2$s') and o.id <> u.id",
              a, b);
      case 4, 5 -> rotate(s, a, b, c);
      case 6 -> {
        keep(s, a);
        s.sql("delete from users where id = '%s'", a);
        take(s, b);
      }
      case 7, 8 ->
          s.sql(
              "insert into user_roles (user_id, role_id) select id, '%s' from users where id = '%s' on conflict do nothing",
              role(s.number(4)), a);
      case 9 ->
          s.sql(
              "delete from user_roles where user_id = '%s' and role_id = '%s'",
              a, role(s.number(4)));
      case 10 ->
          s.sql(
              "update users set id = '%2$s' where id = '%1$s' and not exists (select from users where id = '%2$s')",
              a, b);
      case 11 -> {
        String free = uuid(900_000_000 + s.tx());
        s.sql("update users set id = '%s' where id = '%s'", free, a);
        s.sql("update users set id = '%s' where id = '%s'", a, b);
        s.sql("update users set id = '%s' where id = '%s'", b, free);
      }
      case 12 -> s.sql("update users set is_active = not is_active where id in ('%s', '%s')", a, c);
      case 13 -> {
        keep(s, a);
        s.sql("delete from users where id = '%s'", a);
        put(s, a);
        take(s, b);
      }
      case 14 -> {
        keep(s, a);
        s.sql("update users set email = '%s' where id = '%s'", fresh(), a);
        take(s, b);
      }
      default -> {
        s.sql("delete from users where id in ('%s', '%s')", a, b);
        s.copy(
            "users (id, email, hashed_password)",
            List.of(a + "\t" + fresh() + "\tcopied", b + "\t" + fresh() + "\tcopied"));
      }
    }
  }

  private void put(Script s, String user) {
    s.sql(
        "insert into users (id, email, hashed_password, full_name) values ('%s', '%s', 'secret', 'name %d') on conflict (id) do update set full_name = excluded.full_name",
        user, fresh(), s.number(100));
  }

  /** Three statements in which a value of each wanders on, the first by way of a fourth. */
  private void rotate(Script s, String a, String b, String c) {
    keep(s, a);
    s.sql("update users set email = '%s' where id = '%s'", fresh(), a);
    s.sql(
        "select set_config('model.second', coalesce((select email from users where id = '%s'), ''), true)",
        b);
    take(s, b);
    s.sql("select set_config('model.email', current_setting('model.second'), true)");
    take(s, c);
  }

  private static void keep(Script s, String user) {
    s.sql(
        "select set_config('model.email', coalesce((select email from users where id = '%s'), ''), true)",
        user);
  }

  /** Gives the kept e-mail to a user, if it was somebody's and is nobody's now. */
  private static void take(Script s, String user) {
    s.sql(
        "update users set email = current_setting('model.email') where id = '%s' and current_setting('model.email') <> '' and not exists (select from users where email = current_setting('model.email'))",
        user);
  }

  @Override
  public void whole(Script s) {
    if (s.chance(40)) {
      s.sql("truncate user_roles");
      return;
    }
    String a = role(s.number(2));
    String b = role(2 + s.number(2));
    s.sql("select set_config('model.first', (select name from roles where id = '%s'), true)", a);
    s.sql("select set_config('model.second', (select name from roles where id = '%s'), true)", b);
    s.sql("update roles set name = 'moving' where id = '%s'", a);
    s.sql("update roles set name = current_setting('model.first') where id = '%s'", b);
    s.sql("update roles set name = current_setting('model.second') where id = '%s'", a);
  }

  @Override
  public void large(Script s, int rows) {
    if (rows == 0) {
      s.sql("delete from users where email like 'large%%'");
      return;
    }
    s.sql(
        "insert into users (id, email, hashed_password) select ('00000000-0000-4000-8000-' || lpad((600000000 + g)::text, 12, '0'))::uuid, 'large' || g || '@example.com', 'x' from generate_series(1, %d) g on conflict (id) do nothing",
        rows);
  }
}
