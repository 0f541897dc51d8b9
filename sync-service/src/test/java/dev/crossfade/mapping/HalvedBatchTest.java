package dev.crossfade.mapping;

import static dev.crossfade.fixture.StoreFixture.target;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.mirror.AggregateId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Deriving when a batch has to be taken apart. */
class HalvedBatchTest {
  private static final Changes ITEM = new Changes("item", "id");

  /**
   * 1. Item 1 moves from order 1 to order 4. 2. In the same batch order 2 cannot be derived. 3. So
   * the batch is halved: order 1 is derived without order 4.
   */
  @Test
  void aRowThatMovesBetweenAggregatesStaysAlsoWhenTheBatchIsHalved() throws Exception {
    try (var store =
        new StoreFixture(
            "create table items (id int primary key, order_id int not null, qty int check (qty > 0))",
            "create table remark (item int references items on delete cascade)")) {
      store.captures("item", "order_id", 1, "id integer", "order_id integer", "qty integer");
      store.map(
          target(
              "items",
              "id",
              "order_id",
              "SELECT id, order_id, qty FROM legacy.item WHERE order_id = any(:keys)"));
      store.apply(
          ITEM.create(100, 110, "id=1", "order_id=1", "qty=1"),
          ITEM.create(100, 120, "id=2", "order_id=2", "qty=1"),
          ITEM.create(100, 130, "id=3", "order_id=3", "qty=1"),
          ITEM.create(100, 140, "id=5", "order_id=1", "qty=1"));
      store.execute("insert into remark values (1)");
      var parked =
          store.apply(
              ITEM.update(200, 204, "id=5", "order_id=1", "qty=5"),
              ITEM.update(200, 205, "id=2", "order_id=2", "qty=-1"),
              ITEM.update(200, 206, "id=3", "order_id=3", "qty=2"),
              ITEM.update(200, 210, "id=1", "order_id=4", "qty=1"));
      assertEquals(Set.of(new AggregateId("int8", "2")), parked.keySet());
      assertEquals(
          List.of("1|4|1", "2|2|1", "3|3|2", "5|1|5"),
          store.query("select id, order_id, qty from items order by id"));
      assertEquals(List.of("1"), store.query("select item from remark"), "the row was made again");
    }
  }
}
