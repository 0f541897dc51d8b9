package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Marker;
import java.util.List;
import org.junit.jupiter.api.Test;

class CaptureTest {
  private static final String SHOP =
      """
      create table orders (id int primary key, status text not null default 'pending', note text, total numeric(10,2) default 0);
      create table items (item int primary key, id int not null, quantity int);
      insert into orders select n, 'pending', null, n from generate_series(1, 3) n;
      insert into items select n, n, n from generate_series(1, 3) n;
      """;

  @Test
  void loadsWhatIsThereAndStreamsWhatFollows() throws Exception {
    try (var shop = new Fixture(SHOP, "orders", "items")) {
      shop.startStreaming();
      shop.sql(
          """
          begin;
          insert into orders values (4, 'pending', 'new', 1.50);
          insert into items values (4, 4, 1), (5, 4, 2);
          update orders set total = null, note = '' where id = 1;
          delete from items where item = 3;
          commit
          """);
      TopicReader read = shop.readToFence();

      assertTrue(read.all.get(0).record() instanceof GenerationStart start && start.load());
      assertEquals(6, read.changes().stream().filter(c -> c.op() == ChangeEvent.Op.READ).count());
      assertEquals(
          List.of(6L),
          read.all.stream()
              .filter(r -> r.record() instanceof LoadEnd)
              .map(r -> ((LoadEnd) r.record()).rows())
              .toList());
      List<ChangeEvent> streamed = read.streamed();
      assertEquals(
          List.of("c", "c", "c", "u", "d"), streamed.stream().map(c -> c.op().code()).toList());
      assertEquals("1.50", streamed.get(0).after().get("total"));
      assertEquals(null, streamed.get(3).after().get("total"));
      assertEquals("", streamed.get(3).after().get("note"));
      assertEquals(1, streamed.stream().map(c -> c.position().base()).distinct().count());
      assertEquals(
          List.of(false, false, false, false, true),
          read.all.stream()
              .filter(r -> streamed.contains(r.record()))
              .map(TopicReader.Read::last)
              .toList());
      assertTrue(
          read.all.stream()
              .filter(r -> r.record() instanceof Marker)
              .allMatch(TopicReader.Read::last));
    }
  }

  @Test
  void goesOnAfterARestartWithANewGeneration() throws Exception {
    try (var shop = new Fixture(SHOP, "orders", "items")) {
      Capture first = shop.startStreaming();
      shop.sql("insert into orders values (10)");
      shop.readToFence();
      long generation = first.status().generation();
      first.close();
      assertEquals(CaptureStatus.State.STOPPED, first.status().state());
      shop.sql("insert into orders values (11)");
      Capture second = shop.startStreaming();
      assertTrue(second.status().generation() > generation);
      assertEquals(1, second.status().epoch());
      TopicReader read = shop.readToFence();
      assertEquals(5 + 3, read.mirror().size());
    }
  }
}
