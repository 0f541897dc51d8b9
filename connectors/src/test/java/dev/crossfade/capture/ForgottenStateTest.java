package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.CaptureStatus.State;
import dev.crossfade.control.CaptureState;
import dev.crossfade.control.CaptureState.LoadState;
import dev.crossfade.event.Lsn;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A control database that was lost, and loads that are asked for at any moment. */
class ForgottenStateTest {
  private static final String TABLE =
      "create table t (id int primary key); insert into t values (1);";

  @Test
  void topicsThatNobodyRemembersAreAGapAndANewLoadIsNewerThanTheirRecords() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      shop.startStreaming().close();
      shop.startStreaming().close();
      Capture last = shop.startStreaming();
      shop.readToFence();
      last.close();
      long generation = last.status().generation();
      shop.source.remove();
      shop.control.forget(shop.name);
      Capture capture = shop.start();
      Fixture.await("the gap", () -> capture.status().state() == State.GAP, capture);
      assertTrue(capture.status().detail().contains("the topics hold records"));
      shop.sql("insert into t values (2)");
      // the stores were behind: they have seen less than the topics hold
      shop.control.requestLoad(shop.name, 1, generation - 2);
      Fixture.await("the load", () -> capture.status().state() == State.STREAMING, capture);
      assertEquals(2, capture.status().epoch());
      assertTrue(capture.status().generation() > generation + 1);
      assertEquals(2, shop.readToFence().mirror().size());
    }
  }

  @Test
  void aNewLoadIsNewerThanWhatTheStoresHaveSeen() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      shop.control.requestLoad(shop.name, 6, 70);
      shop.control.requestLoad(shop.name, 5, 60);
      shop.control.requestLoad(shop.name, 2);
      Capture capture = shop.startStreaming();
      assertEquals(7, capture.status().epoch());
      assertEquals(72, capture.status().generation());
    }
  }

  @Test
  void aLoadThatIsAskedForDuringALoadIsNotForgotten() throws Exception {
    try (var shop = new Fixture(TABLE, "t");
        var lease = shop.control.lease(shop.name, "one")) {
      assertTrue(lease.tryTake());
      long generation = shop.control.beginGeneration(shop.name, "one");
      assertEquals(1, shop.control.beginLoad(shop.name, generation, "s"));
      shop.control.requestLoad(shop.name, 8);
      shop.control.endLoad(
          shop.name,
          generation,
          new CaptureState(
              1,
              generation,
              LoadState.DONE,
              "7",
              1,
              new Lsn(5),
              Optional.empty(),
              Map.of(),
              Map.of(),
              Map.of()));
      assertEquals(LoadState.WANTED, shop.control.state(shop.name).load());
      // and an epoch that was asked for is never taken back by a load that had begun to count
      // before
      assertEquals(9, shop.control.beginLoad(shop.name, generation, "s"));
    }
  }

  @Test
  void whatIsDeliveredAgainDoesNotTakeBackWhatIsPublished() throws Exception {
    try (var shop = new Fixture(TABLE, "t");
        var lease = shop.control.lease(shop.name, "one")) {
      assertTrue(lease.tryTake());
      long generation = shop.control.beginGeneration(shop.name, "one");
      Instant committed = Instant.parse("2026-01-02T03:04:05.678901Z");
      shop.control.published(shop.name, generation, new Lsn(500), committed, Map.of());
      shop.control.published(
          shop.name, generation, new Lsn(400), committed.minusSeconds(1), Map.of());
      assertEquals(new Lsn(500), shop.control.state(shop.name).published());
      assertEquals(Optional.of(committed), shop.control.state(shop.name).publishedAt());
    }
  }
}
