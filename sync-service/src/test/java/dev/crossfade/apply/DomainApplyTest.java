package dev.crossfade.apply;

import dev.crossfade.domain.Domain;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.publish.KafkaSettings;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

  @Test
  void anUnforeseenFailureIsTriedAgainLikeAnyOther() throws Exception {
    var kafka =
        new KafkaSettings(
            Map.of("bootstrap.servers", Servers.kafka().bootstrapServers()),
            Duration.ofDays(1),
            (short) 1);
    String name = Servers.freshName("review").replaceAll("[^a-z0-9_]", "_");
    var domain = new Domain(name, "store", List.of(), List.of());
    try (Admin admin = Admin.create(kafka.client())) {
      admin.createTopics(Set.of(new NewTopic(domain.topic(), 1, (short) 1))).all().get();
    }
    try (var store = new StoreFixture();
        var apply = new DomainApply(domain, 0, "legacy", failingOnce(store.pool()), kafka, "one")) {
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
}
