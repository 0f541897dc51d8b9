package dev.crossfade.stuck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.apply.DomainApply;
import dev.crossfade.domain.Domain;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.publish.KafkaSettings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WithoutBrokerTest {
  /** A standby is ready, as another process applies; nobody knows that without a broker. */
  @Test
  void aDomainThatCannotJoinItsGroupDoesNotLookLikeAStandby() throws Exception {
    var nobody =
        new KafkaSettings(
            Map.of("bootstrap.servers", "127.0.0.1:1"), Duration.ofDays(1), (short) 1);
    var domain = new Domain("nobody", "store", List.of(), List.of());
    try (var store = new StoreFixture();
        var apply = new DomainApply(domain, 0, "legacy", store.pool(), true, nobody, "one")) {
      apply.start();
      FlowFixture.await(
          "it says what it waits for",
          Duration.ofSeconds(15),
          () -> apply.status().detail().contains("waits for its place in the consumer group"));
      assertEquals(ApplyStatus.State.STARTING, apply.status().state());
    }
  }
}
