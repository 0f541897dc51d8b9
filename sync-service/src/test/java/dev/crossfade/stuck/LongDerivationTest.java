package dev.crossfade.stuck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.setup.Role;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LongDerivationTest {
  /** Else it would be cut at the next try too, and never end. */
  @Test
  void aTransactionThatTakesLongInTheStoreIsNotCut() throws Exception {
    try (var pipe =
        new Pipe(Servers.stores(), Servers.legacy().port())
            .store("long", Servers.stores(), "")
            .initialised()) {
      Pipe.Process process = pipe.process("one", Role.values());
      FlowFixture.await("the flow", Duration.ofSeconds(60), process::ready);
      Pipe.Place place = pipe.stores.get("long");
      place
          .server()
          .execute(
              place.database(),
              """
              create function sleeps() returns trigger language plpgsql as 'begin perform pg_sleep(7); return new; end';
              create trigger sleeps before insert on items for each row execute function sleeps();
              """);
      pipe.trafficInLegacy(1, 10);
      String fence = pipe.fence();
      var told = new AtomicBoolean();
      FlowFixture.await(
          "the transaction that takes 7 s",
          Duration.ofSeconds(60),
          () -> {
            ApplyStatus status = process.service.status().domains().get(pipe.domain("long"));
            assertNotEquals(ApplyStatus.State.RETRYING, status.state(), status::toString);
            if (status.detail().startsWith("has been busy for")) {
              assertEquals(-1, status.consumerLag());
              told.set(true);
            }
            return pipe.before(fence).isEmpty();
          });
      assertTrue(told.get(), "the status told that it takes long");
      assertEquals("", pipe.difference("long"));
    }
  }
}
