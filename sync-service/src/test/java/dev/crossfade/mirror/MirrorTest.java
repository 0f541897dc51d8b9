package dev.crossfade.mirror;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.store.Trip;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The guard and the merging, against a real store: TRAPS "Order and positions" and "Values". */
class MirrorTest {
  private static final Changes ITEM = new Changes("item", "id");
  private static final String ALL = "select id, order_id, qty, note from legacy.item order by id";

  private StoreFixture store;

  @BeforeEach
  void open() throws Exception {
    store =
        new StoreFixture()
            .captures(
                "item", "order_id", 1, "id bigint", "order_id uuid", "qty integer", "note text")
            .map();
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  private static String order(int n) {
    return "00000000-0000-0000-0000-00000000000" + n;
  }

  private static AggregateId aggregate(int n) {
    return new AggregateId("uuid", order(n));
  }

  @Test
  void anOlderPositionNeverOverwritesANewerOne() throws Exception {
    store.write(ITEM.create(100, 900, "id=1", "order_id=" + order(1), "qty=1", "note=a"));
    store.write(ITEM.update(200, 210, "id=1", "order_id=" + order(1), "qty=2", "note=b"));
    // lsn 900 is higher than 210: only the base says that it was committed before
    store.write(ITEM.create(100, 900, "id=1", "order_id=" + order(1), "qty=1", "note=a"));
    assertEquals(List.of("1|" + order(1) + "|2|b"), store.query(ALL));
  }

  @Test
  void rowsThatShareOneLsnAreAllWritten() throws Exception {
    store.write(
        ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note"),
        ITEM.create(100, 110, "id=2", "order_id=" + order(1), "qty=2", "note"));
    assertEquals(List.of("1|" + order(1) + "|1|~", "2|" + order(1) + "|2|~"), store.query(ALL));
  }

  @Test
  void aDeletedRowDoesNotComeBackByAnOlderEvent() throws Exception {
    var created = ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=a");
    store.write(created);
    store.write(ITEM.delete(200, 210, "id=1"));
    store.write(created);
    assertEquals(List.of(), store.query(ALL));
    store.write(ITEM.create(300, 310, "id=1", "order_id=" + order(2), "qty=3", "note=c"));
    assertEquals(List.of("1|" + order(2) + "|3|c"), store.query(ALL));
  }

  @Test
  void aDeleteThatKnowsOnlyTheKeyTouchesTheAggregateOfTheMirrorRow() throws Exception {
    store.write(ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=a"));
    assertEquals(Set.of(aggregate(1)), store.write(ITEM.delete(200, 210, "id=1")));
    // delivered again: the mirror row is gone, its aggregate is still known
    assertEquals(Set.of(aggregate(1)), store.write(ITEM.delete(200, 210, "id=1")));
  }

  @Test
  void aRowThatMovesTouchesBothAggregates() throws Exception {
    store.write(ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=a"));
    assertEquals(
        Set.of(aggregate(1), aggregate(2)),
        store.write(ITEM.update(200, 210, "id=1", "order_id=" + order(2), "qty=1", "note=a")));
  }

  @Test
  void aRowThatMovesInTheBatchThatMadeItTouchesAllItsAggregates() throws Exception {
    var created = ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=a");
    var there = ITEM.update(200, 210, "id=1", "order_id=" + order(2), "qty=1", "note=a");
    var on = ITEM.update(300, 310, "id=1", "order_id=" + order(3), "qty=1", "note=a");
    store.write(created, there);
    // read again from the start, together with what is new
    assertEquals(Set.of(aggregate(1), aggregate(2), aggregate(3)), store.write(created, there, on));
    assertEquals(List.of("1|" + order(3) + "|1|a"), store.query(ALL));
  }

  @Test
  void aRowThatGoesAndComesBackElsewhereTouchesBothAggregates() throws Exception {
    store.write(ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=a"));
    assertEquals(
        Set.of(aggregate(1), aggregate(2)),
        store.write(
            ITEM.delete(200, 210, "id=1"),
            ITEM.create(300, 310, "id=1", "order_id=" + order(2), "qty=1", "note=a")));
  }

  @Test
  void anUnavailableColumnKeepsTheMirrorsValue() throws Exception {
    store.write(ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=long"));
    store.write(ITEM.update(200, 210, "id=1", "order_id=" + order(1), "qty=2"));
    assertEquals(List.of("1|" + order(1) + "|2|long"), store.query(ALL));
  }

  @Test
  void inOneBatchAnUnavailableColumnTakesTheKeysLastValue() throws Exception {
    store.write(ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=old"));
    store.write(
        ITEM.update(200, 210, "id=1", "order_id=" + order(1), "qty=1", "note=new"),
        ITEM.update(300, 310, "id=1", "order_id=" + order(1), "qty=5"));
    assertEquals(List.of("1|" + order(1) + "|5|new"), store.query(ALL));
  }

  @Test
  void aChangedPrimaryKeyCarriesUnavailableColumnsOver() throws Exception {
    store.write(ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=long"));
    store.write(
        ITEM.moved(200, 210, Changes.row("id=1"), "id=9", "order_id=" + order(1), "qty=1"),
        ITEM.delete(200, 210, "id=1"));
    assertEquals(List.of("9|" + order(1) + "|1|long"), store.query(ALL));
    // and in parts, as a huge transaction comes
    store.write(ITEM.moved(300, 310, Changes.row("id=9"), "id=8", "order_id=" + order(1), "qty=1"));
    store.write(ITEM.delete(300, 310, "id=9"));
    assertEquals(List.of("8|" + order(1) + "|1|long"), store.query(ALL));
  }

  @Test
  void swappedPrimaryKeysSwapTheirUnavailableColumns() throws Exception {
    store.write(
        ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=one"),
        ITEM.create(100, 120, "id=2", "order_id=" + order(2), "qty=2", "note=two"));
    store.write(
        ITEM.moved(200, 210, Changes.row("id=1"), "id=3", "order_id=" + order(1), "qty=1"),
        ITEM.delete(200, 210, "id=1"),
        ITEM.moved(200, 220, Changes.row("id=2"), "id=1", "order_id=" + order(2), "qty=2"),
        ITEM.delete(200, 220, "id=2"),
        ITEM.moved(200, 230, Changes.row("id=3"), "id=2", "order_id=" + order(1), "qty=1"),
        ITEM.delete(200, 230, "id=3"));
    assertEquals(List.of("1|" + order(2) + "|2|two", "2|" + order(1) + "|1|one"), store.query(ALL));
  }

  @Test
  void aMoveThatComesAgainTakesNothingFromTheRowThatHasItsOldKeyNow() throws Exception {
    store.write(
        ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=one"),
        ITEM.create(100, 120, "id=2", "order_id=" + order(2), "qty=2", "note=two"));
    var moves =
        new dev.crossfade.event.ChangeEvent[] {
          ITEM.moved(200, 210, Changes.row("id=1"), "id=3", "order_id=" + order(1), "qty=1"),
          ITEM.delete(200, 210, "id=1"),
          ITEM.moved(200, 220, Changes.row("id=2"), "id=1", "order_id=" + order(2), "qty=2"),
          ITEM.delete(200, 220, "id=2")
        };
    store.write(moves);
    // delivered again, in one batch with a newer change of the row that had moved first
    store.write(
        moves[0],
        moves[1],
        moves[2],
        moves[3],
        ITEM.update(300, 310, "id=3", "order_id=" + order(1), "qty=9"));
    assertEquals(List.of("1|" + order(2) + "|2|two", "3|" + order(1) + "|9|one"), store.query(ALL));
  }

  @Test
  void truncateLeavesAFloor() throws Exception {
    var created = ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=a");
    store.write(created);
    assertEquals(Set.of(aggregate(1)), store.write(ITEM.truncate(200, 210)));
    store.write(created);
    assertEquals(List.of(), store.query(ALL));
    store.write(
        ITEM.truncate(300, 310),
        ITEM.create(300, 320, "id=2", "order_id=" + order(2), "qty=2", "note=b"));
    assertEquals(List.of("2|" + order(2) + "|2|b"), store.query(ALL));
  }

  @Test
  void aChangeOfARowThatTheMirrorNeverHadIsAGap() {
    assertThrows(
        MirrorGapException.class,
        () -> store.write(ITEM.update(200, 210, "id=7", "order_id=" + order(1), "qty=2")));
  }

  @Test
  void aBatchSeesTheRowsInTheOrderOfTheTopic() throws Exception {
    store.write(
        ITEM.create(100, 110, "id=1", "order_id=" + order(1), "qty=1", "note=a"),
        ITEM.delete(100, 120, "id=1"),
        ITEM.create(100, 130, "id=1", "order_id=" + order(1), "qty=2", "note=b"),
        ITEM.create(100, 140, "id=2", "order_id=" + order(1), "qty=1", "note=c"),
        ITEM.delete(100, 150, "id=2"));
    assertEquals(List.of("1|" + order(1) + "|2|b"), store.query(ALL));
  }

  @Test
  void whatASmallBatchWritesGoesToTheStoreTogether() throws Exception {
    var order = new Changes("purchase", "id");
    store.captures("purchase", "id", 1, "id uuid", "state text").map();
    // then only what goes together is one transaction
    store.connection().setAutoCommit(true);
    for (int n = 1; n <= 12; n++) {
      String id = "id=00000000-0000-0000-0000-0000000000" + (n + 10);
      List<ChangeEvent> batch =
          List.of(
              order.create(100 * n, 100 * n + 10, id, "state=new"),
              ITEM.create(
                  100 * n, 100 * n + 20, "id=" + n, "order_id=" + order(1), "qty=1", "note"),
              ITEM.delete(100 * n, 100 * n + 30, "id=" + (n + 100)),
              ITEM.update(100 * n, 100 * n + 40, "id=" + (n - 1), "qty=2"));
      store
          .mirror()
          .merge(n == 1 ? batch.subList(0, 3) : batch, 1)
          .write(new Trip(store.connection()));
    }
    String xids =
        "(select xmin from legacy.purchase union all select xmin from legacy.item"
            + " union all select xmin from crossfade.deleted)";
    assertEquals(
        List.of("12"), store.query("select count(distinct xmin::text) from " + xids + " x"));
  }
}
