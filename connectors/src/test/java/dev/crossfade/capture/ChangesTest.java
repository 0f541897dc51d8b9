package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.Position;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What single changes look like in a topic. */
class ChangesTest {
  private static final String BIG =
      "(select string_agg(md5(n::text), '') from generate_series(1, 400) n)";

  @Test
  void aChangedPrimaryKeyIsACreateThatNamesTheOldKeyAndThenADelete() throws Exception {
    try (var shop =
        new Fixture(
            "create table t (id int primary key, note text); insert into t values (1, "
                + BIG
                + "), (2, 'b');",
            "t")) {
      shop.startStreaming();
      shop.sql(
          "begin; update t set id = 3 where id = 2; update t set id = 2 where id = 1; update t set id = 1 where id = 3; commit");
      TopicReader read = shop.readToFence();
      List<ChangeEvent> changes = read.streamed();
      assertEquals(
          List.of("c", "d", "c", "d", "c", "d"), changes.stream().map(c -> c.op().code()).toList());
      assertTrue(changes.get(0).moved());
      assertEquals("2", changes.get(0).before().get("id"));
      assertEquals("3", changes.get(0).key().get("id"));
      assertEquals("2", changes.get(1).key().get("id"));
      assertEquals(changes.get(0).position(), changes.get(1).position());
      assertFalse(changes.get(2).after().has("note"), "an unchanged large value is not in the log");
      assertEquals("b", read.mirror().get("public.t{\"id\":1}").get("note"));
      assertEquals(12800, read.mirror().get("public.t{\"id\":2}").get("note").length());
    }
  }

  @Test
  void anUnchangedLargeValueIsAbsentAndNullIsNotADefault() throws Exception {
    try (var shop =
        new Fixture(
            "create table t (id int primary key, note text, status text default 'new', n int not null default 7, list text[]);"
                + "alter table t alter list set storage external;",
            "t")) {
      shop.startStreaming();
      shop.sql("insert into t values (1, " + BIG + ", null, 8, array[" + BIG + "])");
      shop.sql("update t set n = 9");
      shop.sql("update t set note = null, list = '{a}'");
      shop.sql("alter table t replica identity full");
      shop.sql("update t set note = " + BIG);
      shop.sql("update t set n = 10");
      shop.sql("delete from t");
      List<ChangeEvent> changes = shop.readToFence().streamed();
      assertEquals(null, changes.get(0).after().get("status"));
      assertTrue(changes.get(0).after().has("list"));
      assertEquals(List.of("id", "status", "n"), changes.get(1).after().names());
      assertEquals(null, changes.get(1).after().get("status"));
      assertEquals("{a}", changes.get(2).after().get("list"));
      assertEquals(null, changes.get(2).after().get("note"));
      assertEquals(12800, changes.get(4).after().get("note").length());
      assertEquals(ChangeEvent.Op.DELETE, changes.get(5).op());
      assertEquals("1", changes.get(5).key().get("id"));
    }
  }

  @Test
  void aTruncateIsAnEventAndSoIsWhatFollowsIt() throws Exception {
    try (var shop =
        new Fixture("create table t (id int primary key); insert into t values (1), (2);", "t")) {
      shop.startStreaming();
      shop.sql("begin; truncate t; insert into t values (2); commit");
      TopicReader read = shop.readToFence();
      assertEquals(List.of("t", "c"), read.streamed().stream().map(c -> c.op().code()).toList());
      assertEquals(Set.of("public.t{\"id\":2}"), read.mirror().keySet());
    }
  }

  @Test
  void onlyColumnsThatMayLeaveAreInTheTopic() throws Exception {
    var table =
        new CapturedTable(
            TableName.parse("t"), new CapturedTable.Aggregate("owner"), List.of("name"), Set.of());
    try (var shop =
        new Fixture(
            "create table t (id int primary key, owner int, name text, secret text, up text generated always as (upper(name)) stored);"
                + "insert into t values (1, 1, 'a', 's');",
            List.of(table))) {
      shop.startStreaming();
      shop.sql("insert into t values (2, 1, 'b', 's')");
      for (ChangeEvent change : shop.readToFence().changes()) {
        assertEquals(List.of("id", "owner", "name"), change.after().names());
      }
    }
  }

  @Test
  void aColumnThatIsAddedOrDroppedWhileItRunsDoesNotStopTheFlow() throws Exception {
    try (var shop = new Fixture("create table t (id int primary key, a text, b text);", "t")) {
      var seen = new HashSet<Position>();
      Capture capture = shop.startStreaming();
      shop.sql("insert into t values (1, 'a', 'b')");
      shop.sql("alter table t add c int default 5; insert into t values (2, 'a', 'b', 6)");
      shop.readToFence();
      shop.sql("alter table t drop b; insert into t values (3, 'a', 7)");
      TopicReader read = shop.readToFence();
      List<ChangeEvent> changes =
          read.streamed().stream().filter(c -> seen.add(c.position())).toList();
      assertEquals(List.of("id", "a", "b"), changes.get(1).after().names());
      assertEquals(List.of("id", "a"), changes.get(2).after().names());
      assertEquals(CaptureStatus.State.STREAMING, capture.status().state());
      assertEquals(
          List.of("id", "a"),
          shapesOf(read, changes.get(2)),
          "a row that lacks a column comes in a generation that does not have it");
    }
  }

  private static List<String> shapesOf(TopicReader read, ChangeEvent change) {
    long generation =
        read.all.stream()
            .filter(r -> r.record() == change)
            .findFirst()
            .orElseThrow()
            .stamp()
            .generation();
    return read.all.stream()
        .filter(r -> r.stamp().generation() == generation)
        .findFirst()
        .map(r -> ((GenerationStart) r.record()).tables().get(0).columns())
        .orElseThrow()
        .stream()
        .map(TableShape.Column::name)
        .toList();
  }

  @Test
  void namesThatNeedQuotesAreCaptured() throws Exception {
    try (var shop =
        new Fixture(
            "create schema \"My Shop\"; create table \"My Shop\".\"Order $1\" (id int primary key, \"Größe\" text, \"select\" int);"
                + "insert into \"My Shop\".\"Order $1\" values (1, 'x', 1);",
            "My Shop.Order $1")) {
      shop.startStreaming();
      shop.sql("insert into \"My Shop\".\"Order $1\" values (2, 'y', 2)");
      List<ChangeEvent> changes = shop.readToFence().changes();
      assertEquals(2, changes.size());
      assertEquals("y", changes.get(1).after().get("Größe"));
    }
  }
}
