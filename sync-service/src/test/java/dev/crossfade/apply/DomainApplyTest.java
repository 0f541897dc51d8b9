package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.fixture.WatchedStore;
import dev.crossfade.lab.Servers;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.publish.Publisher;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

/** A domain's apply comes back by itself, and a new load is the way out of its gaps. */
class DomainApplyTest {
  private static DataSource failingOnce(DataSource store) {
    var calls = new AtomicInteger();
    return (DataSource)
        Proxy.newProxyInstance(
            DataSource.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("getConnection") && calls.getAndIncrement() == 0) {
                throw new IllegalStateException("something that nobody has thought of");
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static KafkaSettings kafka() {
    return new KafkaSettings(
        Map.of("bootstrap.servers", Servers.kafka().bootstrapServers()),
        Duration.ofDays(1),
        (short) 1);
  }

  private static void createTopic(KafkaSettings kafka, Domain domain) throws Exception {
    try (Admin admin = Admin.create(kafka.client())) {
      admin.createTopics(Set.of(new NewTopic(domain.topic(), 1, (short) 1))).all().get();
    }
  }

  @Test
  void anUnforeseenFailureIsTriedAgainLikeAnyOther() throws Exception {
    KafkaSettings kafka = kafka();
    String name = Servers.freshName("review").replaceAll("[^a-z0-9_]", "_");
    var domain = new Domain(name, "store", List.of(), List.of());
    createTopic(kafka, domain);
    try (var store = new StoreFixture();
        var apply =
            new DomainApply(domain, 0, "legacy", failingOnce(store.pool()), true, kafka, "one")) {
      apply.start();
      FlowFixture.await(
          "the domain to be owned",
          Duration.ofSeconds(60),
          () -> apply.status().state() == ApplyStatus.State.LOADING);
    }
  }

  /**
   * 1. The store lacks records that were released. 2. The domain says GAP and asks for a new load.
   * 3. The load is in the topic, behind the place where the store stopped.
   */
  @Test
  void aNewLoadIsTheWayOutOfAGapOfAStore() throws Exception {
    Path rental = Path.of("src/test/resources/scenarios/rental");
    try (var flow =
        new FlowFixture()
            .legacy(java.nio.file.Files.readString(rental.resolve("source.sql")))
            .store("rental-store", java.nio.file.Files.readString(rental.resolve("store.sql")))
            .domain(rental.resolve("domain"))) {
      var service = flow.start("one");
      flow.settle();
      flow.stop(service);
      try (var store = flow.storeConnection("rental-store");
          var statement = store.createStatement()) {
        statement.execute("update crossfade.progress set sequence = 0");
      }
      var again = flow.start("two");
      String domain = flow.domains().get(0);
      FlowFixture.await(
          "the gap",
          Duration.ofSeconds(60),
          () -> again.status().domains().get(domain).state() == ApplyStatus.State.GAP);
      try (var pools = new dev.crossfade.setup.Pools("review")) {
        new dev.crossfade.control.ControlDatabase(pools.of(flow.settings().control()))
            .requestLoad("legacy", 1, 100);
      }
      flow.settle();
      FlowFixture.await(
          "the store is in epoch 2",
          Duration.ofSeconds(60),
          () -> again.status().domains().get(domain).position().map(p -> p.epoch()).orElse(0) == 2);
    }
  }

  /**
   * 1. The store lacks records. 2. A new load begins, which is committed. 3. What comes next fails,
   * and is done again from there: the domain must not wait for yet another load.
   */
  @Test
  void aLoadThatClosesAGapGoesOnAfterAFailure() throws Exception {
    KafkaSettings kafka = kafka();
    String name = Servers.freshName("closes").replaceAll("[^a-z0-9_]", "_");
    try (var store =
        new StoreFixture("create table items (id int primary key)")
            .captures("item", "id", 1, "id integer")) {
      Domain shape =
          store.domain(
              StoreFixture.target(
                  "items", "id", "id", "SELECT id FROM legacy.item WHERE id = any(:keys)"));
      var domain = new Domain(name, "store", shape.tables(), shape.targets());
      createTopic(kafka, domain);
      publish(kafka, domain, 1, start(store, 1, true, null), new LoadEnd(1, 0, Instant.EPOCH));
      publish(kafka, domain, 3, start(store, 1, false, new Stamp(2, 5)));
      publish(kafka, domain, 4, start(store, 2, true, null), new LoadEnd(2, 0, Instant.EPOCH));
      var failed = new AtomicInteger();
      try (var apply =
          new DomainApply(
              domain, 0, "legacy", failingInLoad(store.pool(), failed), true, kafka, "one")) {
        apply.start();
        FlowFixture.await(
            "the second load",
            Duration.ofSeconds(60),
            () -> apply.status().state() == ApplyStatus.State.FOLLOWING);
        assertEquals(1, failed.get());
        assertEquals(List.of("2"), store.query("select loaded_epoch from crossfade.progress"));
      }
    }
  }

  private static GenerationStart start(
      StoreFixture store, int epoch, boolean load, Stamp released) {
    return new GenerationStart(
        "legacy", epoch, Optional.ofNullable(released), load, store.shapes(), Instant.EPOCH);
  }

  private static void publish(
      KafkaSettings kafka, Domain domain, long generation, TopicRecord... records) {
    try (var publisher = Publisher.open(kafka, generation, List.of(domain.topic()))) {
      for (TopicRecord each : records) {
        publisher.send(domain.topic(), each, true);
      }
      publisher.awaitAcknowledged(Duration.ofSeconds(30));
    }
  }

  /** A store that fails once when the load of epoch 2 ends. */
  private static DataSource failingInLoad(DataSource store, AtomicInteger failed) {
    return WatchedStore.of(
        store,
        sql -> {
          if (sql.contains(" where _epoch < 2") && failed.compareAndSet(0, 1)) {
            throw new SQLException("once", "40001");
          }
        });
  }
}
