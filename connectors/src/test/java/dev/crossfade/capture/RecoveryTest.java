package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.CaptureStatus.State;
import dev.crossfade.event.Lsn;
import dev.crossfade.lab.Servers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

/**
 * What capture does when a part of its surroundings goes away, comes back, or is not what it was.
 */
class RecoveryTest {
  private static final String TABLE =
      "create table t (id int primary key); insert into t values (1);";

  @Test
  void aQuietSlotMovesWithTheHeartbeats() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      Lsn before = confirmed(shop);
      Fixture.await("the slot to move", () -> confirmed(shop).compareTo(before) > 0, capture);
      assertTrue(capture.status().lastMarkerPublished().isPresent());
      assertTrue(capture.status().captureLag().orElseThrow().compareTo(Duration.ofSeconds(5)) < 0);
      Fixture.await("a gauge", () -> capture.status().retainedWal().isPresent(), capture);
    }
  }

  private static Lsn confirmed(Fixture shop) {
    return shop.source.status().slot().orElseThrow().confirmed();
  }

  @Test
  void aStandbyTakesOverAndNothingIsLost() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture first = shop.startStreaming();
      Capture second = shop.start("two");
      Fixture.await("standby", () -> second.status().state() == State.STANDBY, first, second);
      shop.sql("insert into t values (2)");
      first.close();
      shop.sql("insert into t values (3)");
      Fixture.await(
          "takeover",
          Duration.ofSeconds(15),
          () -> second.status().state() == State.STREAMING,
          second);
      assertEquals(3, shop.readToFence().mirror().size());
    }
  }

  @Test
  void aSlotThatWasMadeAgainIsAGapAndANewLoadClosesIt() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      shop.readToFence();
      capture.close();
      shop.source.dropSlot();
      shop.sql("insert into t values (2)");
      shop.sql(
          "select pg_create_logical_replication_slot('"
              + shop.source.settings().slot()
              + "', 'pgoutput')");
      Capture again = shop.start();
      Fixture.await("the gap", () -> again.status().state() == State.GAP, again);
      assertTrue(again.status().detail().contains("was released to"), again.status().detail());
      shop.control.requestLoad(shop.name, 6);
      Fixture.await("the load", () -> again.status().state() == State.STREAMING, again);
      assertEquals(7, again.status().epoch());
      assertEquals(2, shop.readToFence().mirror().size());
    }
  }

  @Test
  void aLoadThatIsAskedForBeginsWhileItStreams() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      shop.sql("insert into t values (2)");
      shop.control.requestLoad(shop.name);
      Fixture.await(
          "the stream of epoch 2",
          () -> capture.status().epoch() == 2 && capture.status().state() == State.STREAMING,
          capture);
      assertEquals(2, shop.readToFence().mirror().size());
    }
  }

  @Test
  void aSlotThatIsGoneIsAGapAlsoWhileItStreams() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      shop.source.dropSlot();
      Fixture.await("the gap", () -> capture.status().state() == State.GAP, capture);
      assertTrue(capture.status().detail().contains("is gone"), capture.status().detail());
    }
  }

  @Test
  void aTopicThatWasMadeAgainIsAGap() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      capture.close();
      try (Admin admin = Admin.create(Fixture.kafka().client())) {
        admin.deleteTopics(Set.of(shop.topic)).all().get();
        Capture without = shop.start();
        Fixture.await("the gap", () -> without.status().state() == State.GAP, without);
        assertTrue(
            without.status().detail().contains("gone from Kafka"), without.status().detail());
        try (var topics = new dev.crossfade.publish.Topics(Fixture.kafka())) {
          topics.ensure(List.of(shop.domain));
        }
        Fixture.await(
            "the other gap", () -> without.status().detail().contains("made again"), without);
      }
    }
  }

  @Test
  void aSlotThatTheControlDatabaseDoesNotKnowIsAGap() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      shop.sql(
          "select pg_create_logical_replication_slot('"
              + shop.source.settings().slot()
              + "', 'pgoutput')");
      Capture capture = shop.start();
      Fixture.await("the gap", () -> capture.status().state() == State.GAP, capture);
      assertTrue(capture.status().detail().contains("knows nothing of it"));
    }
  }

  @Test
  void aLoadThatWasInterruptedBeginsAgainInANewEpoch() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      shop.control.lease(shop.name, "dead").close();
      var lease = shop.control.lease(shop.name, "dead");
      assertTrue(lease.tryTake());
      long generation = shop.control.beginGeneration(shop.name, "dead");
      shop.control.beginLoad(shop.name, generation, shop.source.settings().slot());
      lease.close();
      shop.sql(
          "select pg_create_logical_replication_slot('"
              + shop.source.settings().slot()
              + "', 'pgoutput')");
      Capture capture = shop.startStreaming();
      assertEquals(2, capture.status().epoch());
    }
  }

  @Test
  void aSourceThatRestartsIsFoundAgain() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      shop.sql("insert into t values (2)");
      long generation = capture.status().generation();
      shop.server.kill();
      shop.server.restart();
      shop.sql("insert into t values (3)");
      Fixture.await(
          "the stream",
          Duration.ofSeconds(15),
          () ->
              capture.status().generation() > generation
                  && capture.status().state() == State.STREAMING,
          capture);
      assertEquals(3, shop.readToFence().mirror().size());
    }
  }

  @Test
  void aBrokerThatRestartsIsFoundAgain() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      Servers.kafka().kill();
      shop.sql("insert into t values (2)");
      Servers.kafka().restart();
      String fence = shop.source.writeFence();
      var reader = new TopicReader(shop.topic);
      reader.readUntil(
          read ->
              read.record() instanceof dev.crossfade.event.Marker marker
                  && marker.id().equals(fence),
          Duration.ofSeconds(15));
      assertEquals(2, reader.mirror().size());
      assertEquals(State.STREAMING, capture.status().state());
    }
  }

  @Test
  void aControlDatabaseThatForgotTheLeaseEndsTheGeneration() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      long generation = capture.status().generation();
      shop.controlPool.getHikariPoolMXBean().softEvictConnections();
      try (var connection = Servers.stores().connect("postgres");
          var statement = connection.createStatement()) {
        statement.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname like 'control%'");
      }
      Fixture.await(
          "a new generation",
          () ->
              capture.status().generation() > generation
                  && capture.status().state() == State.STREAMING,
          capture);
      shop.sql("insert into t values (2)");
      assertEquals(2, shop.readToFence().mirror().size());
    }
  }
}
