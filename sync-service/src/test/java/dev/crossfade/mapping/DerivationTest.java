package dev.crossfade.mapping;

import static dev.crossfade.fixture.StoreFixture.target;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.domain.Target;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.TableName;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.mirror.AggregateId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Deriving, against a real store: what is written, what is not, and what is parked. */
class DerivationTest {
  private static final Changes USER = new Changes("usr", "id");
  private static final String UUID_ONE = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  private static final String COUNT_IDLE_UPDATES =
      """
      create table idle (n int);
      create function idle() returns trigger language plpgsql as $$
      begin if old is not distinct from new then insert into idle values (1); end if; return new; end $$
      """;

  private StoreFixture store;

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  private static Target withOptions(Target t, String per, Set<String> once, String rows) {
    return new Target(
        t.table(),
        t.select(),
        t.key(),
        t.aggregate(),
        t.owner(),
        per == null ? Optional.empty() : Optional.of(TableName.parse(per)),
        once,
        Optional.ofNullable(rows),
        t.placeholders(),
        t.triggers());
  }

  /** Users whose id is made of the source's. */
  private static Target remapped(String select) {
    Target plain = target("users", "id", "id", select);
    return new Target(
        plain.table(),
        plain.select(),
        plain.key(),
        plain.aggregate(),
        Optional.of("crossfade.uuid5('user', k)"),
        Optional.of(TableName.parse("usr")),
        Set.of(),
        Optional.empty(),
        Map.of(),
        Target.Triggers.RUN);
  }

  private void users(String constraint, String select) throws Exception {
    store =
        new StoreFixture(
            "create table users (id int primary key, email text not null, name text, active boolean not null default true, "
                + constraint
                + ")",
            COUNT_IDLE_UPDATES,
            "create trigger idle before update on users for each row execute function idle()");
    store.captures("usr", "id", 1, "id integer", "email text", "name text");
    store.map(withOptions(target("users", "id", "id", select), "usr", Set.of(), null));
  }

  private static final String PLAIN =
      "SELECT u.id, lower(u.email) AS email, u.name FROM legacy.usr u WHERE u.id = any(:keys)";

  @Test
  void aRowIsWrittenOnlyIfItDiffers() throws Exception {
    users("unique (email)", PLAIN);
    var created = USER.create(100, 110, "id=1", "email=A@x", "name=Ann");
    store.apply(created);
    store.apply(created);
    store.apply(USER.update(200, 210, "id=1", "email=a@X", "name=Ann"));
    assertEquals(List.of("1|a@x|Ann"), store.query("select id, email, name from users"));
    assertEquals(List.of(), store.query("select * from idle"));
    store.apply(USER.update(300, 310, "id=1", "email=b@x", "name"));
    assertEquals(List.of("1|b@x|~"), store.query("select id, email, name from users"));
  }

  @Test
  void aLargeBatchIsPlannedForWhatItIs() throws Exception {
    users("unique (email)", PLAIN);
    for (int i = 1; i <= 12; i++) {
      store.apply(USER.create(100 * i, 100 * i + 1, "id=" + i, "email=" + i, "name=Ann"));
    }
    String derivations =
        "select sum(%s) from pg_prepared_statements where statement like '%%derived%%'";
    String kept = store.query(derivations.formatted("generic_plans + custom_plans")).get(0);
    store.apply(
        IntStream.rangeClosed(1, 100)
            .mapToObj(
                i -> USER.create(5000, 5000 + i, "id=" + (100 + i), "email=x" + i, "name=Bob"))
            .toArray(ChangeEvent[]::new));
    assertTrue(Integer.parseInt(kept) > 0, kept);
    assertEquals(kept, store.query(derivations.formatted("generic_plans + custom_plans")).get(0));
    assertEquals(List.of("112"), store.query("select count(*) from users"));
  }

  @Test
  void anAggregateThatIsGoneIsDeleted() throws Exception {
    users("unique (email)", PLAIN);
    store.apply(USER.create(100, 110, "id=1", "email=a", "name=Ann"));
    store.apply(USER.delete(200, 210, "id=1"));
    assertEquals(List.of(), store.query("select * from users"));
  }

  @Test
  void swappedUniqueValuesAreWrittenAndTheRowsStay() throws Exception {
    users("unique (email)", PLAIN);
    store.execute("create table child (user_id int references users on delete cascade); ");
    store.apply(
        USER.create(100, 110, "id=1", "email=a", "name=Ann"),
        USER.create(100, 120, "id=2", "email=b", "name=Bob"));
    store.execute("insert into child values (1), (2)");
    assertEquals(
        Map.of(),
        store.apply(
            USER.update(200, 210, "id=1", "email=tmp", "name=Ann"),
            USER.update(200, 220, "id=2", "email=a", "name=Bob"),
            USER.update(200, 230, "id=1", "email=b", "name=Ann")));
    assertEquals(
        List.of("1|b|Ann", "2|a|Bob"),
        store.query("select id, email, name from users order by id"));
    assertEquals(List.of("2"), store.query("select count(*) from child"));
    assertEquals(List.of(), store.query("select * from idle"));
  }

  @Test
  void swappedUniqueValuesThatAreNoTextsMoveByNullOrByADeclaredPlaceholder() throws Exception {
    store =
        new StoreFixture(
            "create table users (id int primary key, badge uuid unique, number int not null unique)");
    store.captures("usr", "id", 1, "id integer", "badge uuid", "number integer");
    Target t =
        target(
            "users", "id", "id", "SELECT id, badge, number FROM legacy.usr WHERE id = any(:keys)");
    store.map(
        new Target(
            t.table(),
            t.select(),
            t.key(),
            t.aggregate(),
            t.owner(),
            t.per(),
            t.once(),
            t.rows(),
            Map.of("number", "-id"),
            t.triggers()));
    String a = "badge=00000000-0000-0000-0000-00000000000a";
    String b = "badge=00000000-0000-0000-0000-00000000000b";
    store.apply(
        USER.create(100, 110, "id=1", a, "number=10"),
        USER.create(100, 120, "id=2", b, "number=20"));
    assertEquals(
        Map.of(),
        store.apply(
            USER.update(200, 210, "id=1", b, "number=20"),
            USER.update(200, 220, "id=2", a, "number=10")));
    assertEquals(
        List.of("1|b|20", "2|a|10"),
        store.query("select id, right(badge::text, 1), number from users order by id"));
  }

  @Test
  void aUniqueValueThatADeletedRowHadIsFree() throws Exception {
    users("unique (email)", PLAIN);
    store.apply(USER.create(100, 110, "id=1", "email=a", "name=Ann"));
    assertEquals(
        Map.of(),
        store.apply(
            USER.delete(200, 210, "id=1"), USER.create(200, 220, "id=2", "email=a", "name=Bob")));
    assertEquals(List.of("2|a|Bob"), store.query("select id, email, name from users"));
  }

  @Test
  void aUniqueValueThatAWaitingAggregateHoldsIsTakenWithIt() throws Exception {
    users("unique (email)", PLAIN);
    store.apply(USER.create(100, 110, "id=1", "email=a", "name=Ann"));
    store.write(USER.update(200, 210, "id=1", "email=c", "name=Ann"));
    new Dirty("test").add(store.connection(), Set.of(new AggregateId("int8", "1")));
    assertEquals(Map.of(), store.apply(USER.create(300, 310, "id=2", "email=a", "name=Bob")));
    assertEquals(List.of("1|c", "2|a"), store.query("select id, email from users order by id"));
  }

  private void ordersWithItems(String itemsReference) throws Exception {
    store =
        new StoreFixture(
            "create table orders (id int primary key, number text not null unique)",
            "create table items (id int primary key, order_id int not null references orders "
                + itemsReference
                + ", name text, own text)",
            "create index on items (order_id)");
    store.captures("ord", "id", 1, "id integer", "number text");
    store.captures("item", "order_id", 1, "id integer", "order_id integer", "name text");
    store.map(
        withOptions(
            target("orders", "id", "id", "SELECT id, number FROM legacy.ord WHERE id = any(:keys)"),
            "ord",
            Set.of(),
            null),
        withOptions(
            target(
                "items",
                "id",
                "order_id",
                "SELECT id, order_id, name FROM legacy.item WHERE order_id = any(:keys)"),
            "item",
            Set.of("name"),
            null));
    store.apply(
        new Changes("ord", "id").create(100, 110, "id=1", "number=A"),
        new Changes("item", "id").create(100, 120, "id=7", "order_id=1", "name=first"));
    store.execute("update items set own = 'the service''s'");
  }

  @Test
  void aChildThatMovesAwayFromAParentThatGoesStays() throws Exception {
    for (String reference : List.of("on delete cascade", "")) {
      ordersWithItems(reference);
      // the order's key changes, its unique number goes with it, and its item follows
      assertEquals(
          Map.of(),
          store.apply(
              new Changes("ord", "id").moved(200, 210, Changes.row("id=1"), "id=2", "number=A"),
              new Changes("ord", "id").delete(200, 210, "id=1"),
              new Changes("item", "id").update(200, 220, "id=7", "order_id=2", "name=later")));
      assertEquals(List.of("2|A"), store.query("select * from orders"));
      assertEquals(List.of("7|2|first|the service's"), store.query("select * from items"));
      store.close();
    }
    ordersWithItems("");
  }

  @Test
  void onlyTheGuiltyAggregateIsParked() throws Exception {
    users(
        "check (name <> 'bad')",
        "SELECT u.id, u.email, u.name, CASE u.email WHEN 'odd' THEN 'e-mail is odd' END AS park FROM legacy.usr u WHERE u.id = any(:keys)");
    var parked =
        store.apply(
            USER.create(100, 110, "id=1", "email=a", "name=Ann"),
            USER.create(100, 120, "id=2", "email=b", "name=bad"),
            USER.create(100, 130, "id=3", "email=odd", "name=Cyd"),
            USER.create(100, 140, "id=4", "email=d", "name=Dee"));
    assertEquals(List.of("1", "4"), store.query("select id from users order by id"));
    assertEquals(
        Set.of(new AggregateId("int8", "2"), new AggregateId("int8", "3")), parked.keySet());
    assertEquals("e-mail is odd", parked.get(new AggregateId("int8", "3")));
    assertTrue(
        parked.get(new AggregateId("int8", "2")).contains("users_name_check"), parked::toString);
  }

  @Test
  void anInnerJoinThatFindsNothingParksAndDeletesNothing() throws Exception {
    store = new StoreFixture("create table users (id int primary key, city text)");
    store.captures("usr", "id", 1, "id integer", "city_id integer");
    store.captures(
        "city",
        new dev.crossfade.domain.CapturedTable.Reference(Optional.empty()),
        1,
        "id integer",
        "name text");
    store.map(
        withOptions(
            target(
                "users",
                "id",
                "id",
                "SELECT u.id, c.name AS city FROM legacy.usr u JOIN legacy.city c ON c.id = u.city_id WHERE u.id = any(:keys)"),
            "usr",
            Set.of(),
            null));
    store.apply(
        new Changes("city", "id").create(100, 105, "id=1", "name=Ulm"),
        USER.create(100, 110, "id=1", "city_id=1"));
    var parked = store.apply(USER.update(200, 210, "id=1", "city_id=2"));
    assertEquals(Set.of(new AggregateId("int8", "1")), parked.keySet());
    assertEquals(List.of("1|Ulm"), store.query("select * from users"));
  }

  @Test
  void onceColumnsKeepTheFirstValueAndForeignRowsAreLeftAlone() throws Exception {
    store = new StoreFixture("create table users (id int primary key, name text, first_name text)");
    store.captures("usr", "id", 1, "id integer", "name text");
    store.map(
        withOptions(
            target(
                "users",
                "id",
                "id",
                "SELECT id, name, name AS first_name FROM legacy.usr WHERE id = any(:keys)"),
            null,
            Set.of("first_name"),
            "id < 1000"));
    store.execute("insert into users values (2000, 'own', 'own')");
    store.apply(USER.create(100, 110, "id=1", "name=Ann"));
    store.apply(
        USER.update(200, 210, "id=1", "name=Bea"),
        USER.create(200, 220, "id=2000", "name=x"),
        USER.delete(200, 230, "id=2000"));
    assertEquals(
        List.of("1|Bea|Ann", "2000|own|own"), store.query("select * from users order by id"));
  }

  @Test
  void comparesAfterTheCastToTheTargetsType() throws Exception {
    store =
        new StoreFixture(
            "create table users (id int primary key, amount numeric(10,2), doc json)",
            COUNT_IDLE_UPDATES,
            "create trigger idle before update on users for each row execute function idle()",
            "create table writes (n int)",
            "create function count_writes() returns trigger language plpgsql as $$ begin insert into writes values (1); return new; end $$",
            "create trigger count_writes before insert or update on users for each row execute function count_writes()");
    store.captures("usr", "id", 1, "id integer", "amount numeric");
    store.map(
        target(
            "users",
            "id",
            "id",
            "SELECT id, amount, json_build_object('a', 1) AS doc FROM legacy.usr WHERE id = any(:keys)"));
    store.apply(USER.create(100, 110, "id=1", "amount=1.005"));
    store.apply(USER.update(200, 210, "id=1", "amount=1.0051"));
    assertEquals(List.of("1.01"), store.query("select amount from users"));
    assertEquals(List.of("1"), store.query("select count(*) from writes"));
  }

  /** In SQL of an owner an id is a text, whatever it is in the source. */
  @Test
  void idsThatAreUuidsAreRemapped() throws Exception {
    store = new StoreFixture("create table users (id uuid primary key, name text)");
    store.captures("usr", "id", 1, "id uuid", "name text");
    store.map(
        remapped(
            "SELECT crossfade.uuid5('user', u.id::text) AS id, u.name FROM legacy.usr u WHERE u.id = any(:keys)"));
    createdAndDeleted("crossfade.uuid5('user', '" + UUID_ONE + "')");
  }

  @Test
  void idsThatAreUuidsGoIntoTexts() throws Exception {
    store = new StoreFixture("create table users (id text primary key, name text)");
    store.captures("usr", "id", 1, "id uuid", "name text");
    store.map(
        withOptions(
            target(
                "users",
                "id",
                "id",
                "SELECT u.id::text AS id, u.name FROM legacy.usr u WHERE u.id = any(:keys)"),
            "usr",
            Set.of(),
            null));
    createdAndDeleted("'" + UUID_ONE + "'");
  }

  private void createdAndDeleted(String id) throws Exception {
    store.apply(USER.create(100, 110, "id=" + UUID_ONE, "name=Ann"));
    store.apply(USER.update(200, 210, "id=" + UUID_ONE, "name=Bea"));
    assertEquals(List.of("t|Bea"), store.query("select id = " + id + ", name from users"));
    store.apply(USER.delete(300, 310, "id=" + UUID_ONE));
    assertEquals(List.of(), store.query("select id from users"));
  }

  @Test
  void remappedIdsAreDeterministicAndDeleted() throws Exception {
    store = new StoreFixture("create table users (id uuid primary key, legacy_id int, name text)");
    store.captures("usr", "id", 1, "id integer", "name text");
    store.map(
        remapped(
            "SELECT crossfade.uuid5('user', u.id::text) AS id, u.id AS legacy_id, u.name FROM legacy.usr u WHERE u.id = any(:keys)"));
    store.apply(
        USER.create(100, 110, "id=1", "name=Ann"), USER.create(100, 120, "id=2", "name=Bob"));
    store.apply(USER.delete(200, 210, "id=1"));
    assertEquals(
        List.of("2|Bob|t"),
        store.query("select legacy_id, name, id = crossfade.uuid5('user', '2') from users"));
  }

  @Test
  void suppressedTriggersDoNotFire() throws Exception {
    store =
        new StoreFixture(
            "create table users (id int primary key, name text)",
            "create table writes (n int)",
            "create function count_writes() returns trigger language plpgsql as $$ begin insert into writes values (1); return new; end $$",
            "create trigger count_writes before insert or update on users for each row execute function count_writes()");
    store.captures("usr", "id", 1, "id integer", "name text");
    Target t = target("users", "id", "id", "SELECT id, name FROM legacy.usr WHERE id = any(:keys)");
    store.map(
        new Target(
            t.table(),
            t.select(),
            t.key(),
            t.aggregate(),
            t.owner(),
            t.per(),
            t.once(),
            t.rows(),
            t.placeholders(),
            Target.Triggers.SUPPRESS));
    store.apply(USER.create(100, 110, "id=1", "name=Ann"));
    assertEquals(List.of("1|Ann"), store.query("select * from users"));
    assertEquals(List.of(), store.query("select * from writes"));
  }
}
