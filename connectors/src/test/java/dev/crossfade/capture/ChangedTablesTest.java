package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.CaptureStatus.State;
import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.TableName;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tables, columns and publications that change while the source is captured, or between. */
class ChangedTablesTest {
  private static final String TWO =
      "create table t (id int primary key, a text, b text); create table u (id int primary key);";

  private static void awaitGap(Capture capture, String sentence) {
    Fixture.await(
        "the gap",
        () -> capture.status().state() == State.GAP && capture.status().detail().contains(sentence),
        capture);
  }

  private static void captures(Fixture shop, CapturedTable... tables) {
    shop.domain = new Domain(shop.name, "store", List.of(tables), List.of());
  }

  @Test
  void aTableThatWasLeftOutForAWhileIsNotWholeAnyMore() throws Exception {
    try (var shop = new Fixture(TWO, "t", "u")) {
      shop.startStreaming().close();
      captures(shop, Fixture.table("t"));
      shop.startStreaming();
      shop.sql("insert into u values (1)");
      shop.readToFence();
      shop.captures.get(1).close();
      captures(shop, Fixture.table("t"), Fixture.table("u"));
      Capture again = shop.start();
      awaitGap(again, "the table public.u");
      shop.control.requestLoad(shop.name);
      Fixture.await("the load", () -> again.status().state() == State.STREAMING, again);
      assertTrue(shop.readToFence().mirror().containsKey("public.u{\"id\":1}"));
    }
  }

  @Test
  void aColumnThatWasLeftOutForAWhileIsNotWholeAnyMore() throws Exception {
    try (var shop = new Fixture(TWO, "t")) {
      CapturedTable all = Fixture.table("t");
      shop.startStreaming().close();
      captures(
          shop,
          new CapturedTable(
              TableName.parse("t"),
              new CapturedTable.Aggregate("id"),
              List.of("id", "a"),
              Set.of()));
      shop.startStreaming().close();
      captures(shop, new CapturedTable(all.name(), all.role(), List.of("id", "a", "b"), Set.of()));
      awaitGap(shop.start(), "the column b of public.t");
    }
  }

  @Test
  void aTableThatLeavesThePublicationIsAGapAlsoAfterItCameBack() throws Exception {
    try (var shop = new Fixture(TWO, "t", "u")) {
      Capture capture = shop.startStreaming();
      String publication = '"' + shop.source.settings().slot() + '"';
      shop.sql("alter publication " + publication + " drop table u");
      shop.sql("insert into u values (1)");
      awaitGap(capture, "the table public.u");
      shop.sql("alter publication " + publication + " set table t, u");
      capture.close();
      awaitGap(shop.start(), "the table public.u");
    }
  }

  @Test
  void aPublicationThatFiltersRowsIsAGap() throws Exception {
    try (var shop = new Fixture(TWO, "t")) {
      Capture capture = shop.startStreaming();
      capture.close();
      String publication = '"' + shop.source.settings().slot() + '"';
      shop.sql("alter publication " + publication + " set table t where (id > 10)");
      awaitGap(shop.start(), "the table public.t");
    }
  }

  @Test
  void aWidenedColumnIsReadWithItsNewShape() throws Exception {
    try (var shop =
        new Fixture("create table t (id int primary key, a varchar(3), n numeric(5,2));", "t")) {
      Capture capture = shop.startStreaming();
      shop.sql("insert into t values (1, 'abc', 1.25)");
      shop.readToFence();
      long generation = capture.status().generation();
      shop.sql("alter table t alter a type varchar(30), alter n type numeric(8,2)");
      shop.sql("insert into t values (2, 'much longer', 123456.78)");
      TopicReader read = shop.readToFence();
      assertEquals("much longer", read.mirror().get("public.t{\"id\":2}").get("a"));
      TopicReader.Read row =
          read.all.stream()
              .filter(r -> r.record() instanceof ChangeEvent c && c.key().get("id").equals("2"))
              .findFirst()
              .orElseThrow();
      assertTrue(row.stamp().generation() > generation, "rows of the new shape are in a new one");
      GenerationStart start =
          read.all.stream()
              .filter(r -> r.stamp().generation() == row.stamp().generation())
              .map(r -> (GenerationStart) r.record())
              .findFirst()
              .orElseThrow();
      assertEquals(
          List.of("integer", "character varying(30)", "numeric(8,2)"),
          start.tables().get(0).columns().stream().map(c -> c.type()).toList());
    }
  }

  @Test
  void aTypeThatMayHaveChangedRowsIsAGap() throws Exception {
    try (var shop = new Fixture("create table t (id int primary key, n numeric(8,4));", "t")) {
      Capture capture = shop.startStreaming();
      shop.sql("insert into t values (1, 1.2345)");
      shop.readToFence();
      shop.sql("alter table t alter n type numeric(8,2)");
      shop.sql("insert into t values (2, 2)");
      awaitGap(capture, "the column n of public.t had the type numeric(8,4) and has numeric(8,2)");
    }
  }

  @Test
  void aTypeKeepsValuesIfEveryValueHasTheSameTextInIt() {
    assertTrue(Captured.keepsValues("integer", "bigint"));
    assertTrue(Captured.keepsValues("character varying(3)", "character varying(30)"));
    assertTrue(Captured.keepsValues("character varying", "text"));
    assertTrue(Captured.keepsValues("numeric(5,2)", "numeric(8,2)"));
    assertTrue(Captured.keepsValues("numeric(5,2)", "numeric"));
    assertTrue(
        Captured.keepsValues("timestamp(6) without time zone", "timestamp without time zone"));
    assertTrue(Captured.keepsValues("timestamp with time zone", "timestamp(6) with time zone"));
    assertFalse(
        Captured.keepsValues("timestamp without time zone", "timestamp(3) without time zone"));
    assertFalse(Captured.keepsValues("timestamp without time zone", "timestamp with time zone"));
    assertFalse(Captured.keepsValues("numeric(5,2)", "numeric(8,4)"));
    assertFalse(Captured.keepsValues("numeric", "numeric(8,2)"));
    assertFalse(Captured.keepsValues("bigint", "integer"));
    assertFalse(Captured.keepsValues("character varying(30)", "character varying(3)"));
    assertFalse(Captured.keepsValues("text", "uuid"));
    assertFalse(Captured.keepsValues("text", "character varying"));
    assertFalse(Captured.keepsValues("integer", "text"));
    assertFalse(Captured.keepsValues("real", "double precision"));
  }

  @Test
  void aRenamedColumnIsAGapBeforeItsRowsPassForUnchanged() throws Exception {
    try (var shop = new Fixture(TWO, "t")) {
      Capture capture = shop.startStreaming();
      shop.sql("insert into t values (1, 'old', 'b')");
      shop.readToFence();
      shop.sql("alter table t rename a to c");
      shop.sql("update t set c = 'new'");
      awaitGap(capture, "the column a of public.t is gone and c has come");
      var reader = new TopicReader(shop.topic);
      reader.readUntil(r -> r.record() instanceof ChangeEvent, Fixture.LIMIT);
      assertFalse(
          reader.streamed().stream().anyMatch(c -> c.op() == ChangeEvent.Op.UPDATE),
          "no row was sent with the wrong shape");
      shop.control.requestLoad(shop.name);
      Fixture.await("the load", () -> capture.status().state() == State.STREAMING, capture);
      assertEquals(
          "new", shop.readToFence().changes().stream().reduce((a, b) -> b).get().after().get("c"));
    }
  }

  @Test
  void aMessageOutsideOfTransactionsStopsNothing() throws Exception {
    try (var shop = new Fixture(TWO, "t")) {
      Capture capture = shop.startStreaming();
      long generation = capture.status().generation();
      shop.sql("select pg_logical_emit_message(false, 'crossfade', 'x')");
      shop.sql("select pg_logical_emit_message(true, 'crossfade', 'no marker')");
      shop.sql("select pg_logical_emit_message(true, 'another', '{}')");
      shop.sql("insert into t values (1)");
      assertEquals(1, shop.readToFence().mirror().size());
      assertEquals(generation, capture.status().generation());
    }
  }
}
