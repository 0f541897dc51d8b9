package dev.crossfade.mirror;

import static dev.crossfade.fixture.StoreFixture.target;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.event.TableShape;
import dev.crossfade.event.TableShape.Column;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.mapping.Mapping;
import dev.crossfade.store.Trip;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A mirror that is there already when a generation comes with tables of another shape. */
class MirrorShapeTest {
  private static final Changes CHANGES = new Changes("t", "id");

  private static Mirror mirror(StoreFixture store, Column... columns) throws Exception {
    TableShape old = store.shapes().get(0);
    var shape = new TableShape(old.name(), List.of(columns), old.primaryKey());
    var mirror = new Mirror("legacy", store.domain(), List.of(shape));
    mirror.ensure(store.connection());
    return mirror;
  }

  @Test
  void aColumnWhoseTypeIsWiderNowTakesWhatTheSourceTakes() throws Exception {
    try (var store = new StoreFixture()) {
      store.captures("t", "id", 1, "id integer", "number integer").map();
      store.write(CHANGES.create(100, 110, "id=1", "number=1"));
      Mirror mirror =
          mirror(store, new Column("id", "integer", true), new Column("number", "bigint", false));
      mirror
          .merge(List.of(CHANGES.create(200, 210, "id=2", "number=5000000000")), 0)
          .write(new Trip(store.connection()));
      store.connection().commit();
      assertEquals(
          List.of("1", "5000000000"), store.query("select number from legacy.t order by id"));
    }
  }

  @Test
  void aMappingThatReadsAColumnWhichTheSourceNoLongerHasIsRefused() throws Exception {
    var target =
        target("target", "id", "id", "SELECT id, name FROM legacy.t WHERE id = any(:keys)");
    try (var store = new StoreFixture("create table target (id int primary key, name text)")) {
      store.captures("t", "id", 1, "id integer", "name text").map(target);
      Mirror mirror = mirror(store, new Column("id", "integer", true));
      var problems = Mapping.prepare(store.connection(), store.domain(target), mirror).problems();
      assertEquals(1, problems.size(), "the mapping reads a column that stands still");
    }
  }
}
