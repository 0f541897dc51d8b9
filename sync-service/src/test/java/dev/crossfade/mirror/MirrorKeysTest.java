package dev.crossfade.mirror;

import static dev.crossfade.fixture.StoreFixture.target;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.Position;
import dev.crossfade.event.TableShape;
import dev.crossfade.event.TableShape.Column;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.store.Failure;
import dev.crossfade.store.Trip;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The mirror against shapes and keys that a legacy database really has. */
class MirrorKeysTest {
  /** The mirror of the same tables after the source has altered one column. */
  private static Mirror altered(StoreFixture store, String column, String type)
      throws SQLException {
    var shapes = new ArrayList<TableShape>();
    for (TableShape shape : store.shapes()) {
      shapes.add(
          new TableShape(
              shape.name(),
              shape.columns().stream()
                  .map(c -> c.name().equals(column) ? new Column(column, type, false) : c)
                  .toList(),
              shape.primaryKey()));
    }
    var mirror = new Mirror("legacy", store.domain(), shapes);
    mirror.ensure(store.connection());
    return mirror;
  }

  @Test
  void aColumnWhoseScaleHasGrownIsNotRoundedToTheOldOne() throws Exception {
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id integer", "price numeric(5,2)").map();
      store.write(changes.create(100, 110, "id=1", "price=1.25"));
      Mirror mirror = altered(store, "price", "numeric(8,4)");
      mirror
          .merge(List.of(changes.create(200, 210, "id=2", "price=1.2345")), 0)
          .write(new Trip(store.connection()));
      store.connection().commit();
      assertEquals(List.of("1.2345"), store.query("select price from legacy.t where id = 2"));
    }
  }

  /** A mapping may compare ids as texts. */
  @Test
  void idsThatAreEqualAndWrittenOtherwiseAllWaitAfterALoad() throws Exception {
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "code", 1, "id integer", "code numeric").map();
      store.write(
          changes.create(100, 110, "id=1", "code=1.0"),
          changes.create(100, 111, "id=2", "code=1.00"));
      store.mirror().endLoad(store.connection(), "test", Changes.EPOCH);
      store.connection().commit();
      assertEquals(
          List.of("1.0", "1.00"), store.query("select id from crossfade.dirty order by id"));
    }
  }

  /** The server takes keys for the same whose texts are not. */
  @ParameterizedTest
  @CsvSource({
    "integer, 1",
    "numeric(10_0), 1",
    "uuid, 1",
    "timestamp(3) with time zone, 1",
    "numeric, 0",
    "interval, 0",
    "character(3), 0",
    "double precision, 0"
  })
  void onlyRowsWhoseKeysAreToldByTheirTextAreWrittenAhead(String type, int rows) throws Exception {
    String key =
        type.equals("uuid")
            ? "00000000-0000-0000-0000-000000000001"
            : type.startsWith("time") ? "2026-11-23 10:15:30+00" : "1";
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id " + type.replace('_', ','), "name text").map();
      MirrorBatch nothing = store.mirror().merge(List.of(), 0);
      store
          .mirror()
          .merge(List.of(changes.create(100, 110, "id=" + key, "name=a")), 0)
          .ahead(new Trip(store.connection()), nothing, Optional.of(Position.ofLoad(1)));
      assertEquals(List.of("" + rows), store.query("select count(*) from legacy.t"));
    }
  }

  @Test
  void aTimeWhosePrecisionHasGrownIsNotRoundedToTheOldOne() throws Exception {
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id integer", "at timestamp(0) without time zone").map();
      Mirror mirror = altered(store, "at", "timestamp without time zone");
      mirror
          .merge(List.of(changes.create(200, 210, "id=2", "at=2026-11-23 10:15:30.7")), 0)
          .write(new Trip(store.connection()));
      store.connection().commit();
      assertEquals(
          List.of("2026-11-23 10:15:30.7"), store.query("select at from legacy.t where id = 2"));
    }
  }

  @Test
  void aTextThatIsLongerThanTheShapeSaidIsNotCut() throws Exception {
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id integer", "name character varying(3)").map();
      store.write(changes.create(100, 110, "id=1", "name=longer than three"));
      assertEquals(List.of("longer than three"), store.query("select name from legacy.t"));
    }
  }

  @Test
  void tablesOfOneNameInTwoSchemasAreNotMixed() throws Exception {
    try (var store = new StoreFixture()) {
      store.captures("public.users", "id", 1, "id integer", "name text");
      store.captures("auth.users", "id", 1, "id integer", "name text");
      assertThrows(
          RuntimeException.class,
          () -> {
            store.map();
            store.write(
                new Changes("public.users", "id").create(100, 110, "id=1", "name=shop"),
                new Changes("auth.users", "id").create(100, 120, "id=1", "name=login"));
          },
          "both are legacy.users: the one's rows overwrite the other's");
    }
  }

  @Test
  void anAggregateNamedByBlankPaddedTextIsDeletedInATargetOfPlainText() throws Exception {
    var changes = new Changes("t", "code");
    try (var store = new StoreFixture("create table target (code text primary key, name text)")) {
      store.captures("t", "code", 1, "code character(5)", "name text");
      store.map(
          target(
              "target",
              "code",
              "code",
              "SELECT t.code, t.name FROM legacy.t t WHERE t.code = any(:keys)"));
      store.apply(changes.create(100, 110, "code=ab   ", "name=one"));
      assertEquals(List.of("ab|one"), store.query("select code, name from target"));
      store.apply(changes.delete(200, 210, "code=ab   "));
      assertEquals(List.of(), store.query("select code, name from target"));
    }
  }

  @Test
  void aTruncatedReferenceTouchesItsDependants() throws Exception {
    var item = new Changes("item", "id");
    var product = new Changes("product", "id");
    try (var store = new StoreFixture("create table target (id int primary key, name text)")) {
      store.captures("item", "id", 1, "id integer", "product integer");
      store.captures(
          "product",
          new CapturedTable.Reference(
              Optional.of("SELECT i.id FROM legacy.item i WHERE i.product = any(:keys)")),
          1,
          "id integer",
          "name text");
      store.map(
          target(
              "target",
              "id",
              "id",
              "SELECT i.id, p.name FROM legacy.item i LEFT JOIN legacy.product p ON p.id = i.product WHERE i.id = any(:keys)"));
      store.write(
          product.create(100, 110, "id=7", "name=pump"),
          item.create(100, 120, "id=1", "product=7"));
      MirrorBatch truncated = store.mirror().merge(List.of(product.truncate(200, 210)), 0);
      truncated.write(new Trip(store.connection()));
      store.connection().commit();
      Set<CapturedTable> changed = truncated.references().keySet();
      assertEquals(1, changed.size(), "the items that named product 7 keep its name for ever");
    }
  }

  /** Values of this type do not travel as texts. */
  @Test
  void rowsWithAUuidForAKeyAreWrittenMovedAndDeleted() throws Exception {
    String id = "00000000-0000-0000-0000-0000000000a";
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id uuid", "parent uuid", "name text", "note text").map();
      store.write(
          changes.create(100, 110, "id=" + id + "1", "parent", "name=one", "note=long"),
          changes.create(100, 120, "id=" + id + "2", "parent=" + id + "1", "name", "note=two"),
          changes.create(100, 130, "id=" + id + "3", "parent", "name=three", "note=three"));
      store.write(
          changes.moved(
              200, 210, Changes.row("id=" + id + "1"), "id=" + id + "4", "parent", "name=1"),
          changes.delete(200, 210, "id=" + id + "1"),
          changes.update(200, 220, "id=" + id + "2", "parent", "name=2"),
          changes.delete(200, 230, "id=" + id + "3"));
      store.write(changes.update(100, 140, "id=" + id + "3", "parent", "name=late", "note=late"));
      assertEquals(
          List.of(id + "2|~|2|two", id + "4|~|1|long"),
          store.query("select * from (select id, parent, name, note from legacy.t) t order by id"));
    }
  }

  @Test
  void aTextThatIsNoUuidIsSaidToBeNone() throws Exception {
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id integer", "parent uuid").map();
      var refused =
          assertThrows(
              SQLException.class,
              () -> store.write(changes.create(100, 110, "id=1", "parent=secret")));
      assertEquals(
          "[22P02] column parent of public.t: not a uuid: a text of 6 bytes",
          Failure.sentence(refused));
    }
  }

  /** What is the same text is not always the same aggregate. */
  @Test
  void aggregatesOfTypesWithAndWithoutADigitLimitAreBothTouched() throws Exception {
    String time = "2026-11-23 10:15:30";
    try (var store = new StoreFixture()) {
      store.captures("a", "at", 1, "at timestamp(3) without time zone", "name text");
      store.captures("b", "at", 1, "at timestamp without time zone", "name text").map();
      MirrorBatch batch =
          store
              .mirror()
              .merge(
                  List.of(
                      new Changes("a", "at").create(100, 110, "at=" + time, "name=a"),
                      new Changes("b", "at").create(100, 120, "at=" + time, "name=b")),
                  0);
      assertEquals(2, batch.touched().size(), batch.touched().toString());
    }
  }

  /** Each from where it is known. */
  @Test
  void aRowTakesWhatItDoesNotKnowFromSeveralChangesOfItsBatch() throws Exception {
    var changes = new Changes("t", "id");
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id integer", "a text", "b text", "c text").map();
      store.write(
          changes.create(100, 110, "id=1", "a=1", "b", "c=3"),
          changes.update(100, 120, "id=1", "c=33", "a"),
          changes.update(100, 130, "b=22", "id=1"),
          changes.update(100, 140, "id=1", "c=333"));
      store.write(changes.update(200, 210, "id=1", "a=11"), changes.update(200, 220, "b", "id=1"));
      assertEquals(List.of("1|11|~|333"), store.query("select id, a, b, c from legacy.t"));
    }
  }
}
