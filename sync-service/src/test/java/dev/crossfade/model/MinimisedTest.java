package dev.crossfade.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the model test found, without the rest of the history. */
class MinimisedTest {
  private static final Changes CONTRACT = new Changes("contract", "id");
  private static final Changes ORDER = new Changes("sale", "id");
  private static final Changes ITEM = new Changes("item", "id");

  /** Capture sends a row under its new key before it deletes the old one. */
  private static ChangeEvent[] move(long lsn, int from, int to) {
    return new ChangeEvent[] {
      CONTRACT.moved(200, lsn, Changes.row("id=" + from), "id=" + to, "customer=1"),
      CONTRACT.delete(200, lsn, "id=" + from)
    };
  }

  private static ChangeEvent[] swap() {
    var events = new java.util.ArrayList<ChangeEvent>();
    events.addAll(List.of(move(210, 1, 9)));
    events.addAll(List.of(move(220, 2, 1)));
    events.addAll(List.of(move(230, 9, 2)));
    return events.toArray(ChangeEvent[]::new);
  }

  private static StoreFixture contracts() throws Exception {
    var store =
        new StoreFixture()
            .captures("contract", "id", 1, "id int", "customer int", "note text")
            .map();
    store.write(
        CONTRACT.create(100, 110, "id=1", "customer=1", "note=a"),
        CONTRACT.create(100, 120, "id=2", "customer=1", "note=b"));
    return store;
  }

  private static final String CONTRACTS =
      "select id, customer, note from legacy.contract order by id";

  /** The old key of a move that is applied already belongs to another row. */
  @Test
  void aSwapOfKeysThatComesAgainInABatchWithALaterChangeKeepsTheUnavailableColumns()
      throws Exception {
    try (var store = contracts()) {
      store.write(swap());
      var again = new java.util.ArrayList<>(List.of(swap()));
      again.add(CONTRACT.update(300, 310, "id=1", "customer=5"));
      again.add(CONTRACT.update(300, 320, "id=2", "customer=6"));
      store.write(again.toArray(ChangeEvent[]::new));
      assertEquals(List.of("1|5|b", "2|6|a"), store.query(CONTRACTS));
    }
  }

  /** The mirror has the first moves of a swap, as after a part of a large transaction. */
  @Test
  void aSwapOfKeysThatIsAppliedInPartAndComesAgainKeepsTheUnavailableColumns() throws Exception {
    for (int applied = 0; applied <= 6; applied++) {
      try (var store = contracts()) {
        if (applied > 0) {
          store.write(java.util.Arrays.copyOf(swap(), applied));
        }
        store.write(swap());
        assertEquals(
            List.of("1|1|b", "2|1|a"), store.query(CONTRACTS), applied + " events were applied");
      }
    }
  }

  /** With either kind of foreign key: one takes the item along, the other refuses the delete. */
  @Test
  void anItemThatMovesAwayFromAnOrderThatIsDeletedStays() throws Exception {
    for (String action : List.of("on delete cascade", "")) {
      try (var store =
          new StoreFixture(
              "create table orders (id bigint primary key)",
              "create table items (id bigint primary key, order_id bigint not null references orders "
                  + action
                  + ", name text, own text)")) {
        store
            .captures("sale", "id", 1, "id bigint")
            .captures("item", "order_id", 1, "id bigint", "order_id bigint", "name text")
            .map(
                StoreFixture.target(
                    "orders", "id", "id", "select id from legacy.sale where id = any(:keys)"),
                StoreFixture.target(
                    "items",
                    "id",
                    "order_id",
                    "select id, order_id, name from legacy.item where order_id = any(:keys)"));
        store.apply(
            ORDER.create(100, 110, "id=1"),
            ORDER.create(100, 120, "id=2"),
            ITEM.create(100, 130, "id=7", "order_id=1", "name=x"));
        store.execute("update items set own = 'kept'");
        var parked =
            store.apply(
                ITEM.update(200, 210, "id=7", "order_id=2", "name=x"),
                ORDER.delete(200, 220, "id=1"));
        assertEquals(java.util.Map.of(), parked);
        assertEquals(
            List.of("7|2|x|kept"), store.query("select id, order_id, name, own from items"));
        assertEquals(List.of("2"), store.query("select id from orders"));
      }
    }
  }
}
