package dev.crossfade.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Capture and apply as services of their own. */
class RolesTest {
  private static final Path RENTAL = Path.of("src/test/resources/scenarios/rental");

  @Test
  void oneServiceCapturesAndAnotherApplies() throws Exception {
    try (var flow =
        new FlowFixture()
            .legacy(Files.readString(RENTAL.resolve("source.sql")))
            .store("rental-store", Files.readString(RENTAL.resolve("store.sql")))
            .domain(RENTAL.resolve("domain"))) {
      Service captures = flow.start("captures", Set.of(Role.CAPTURE));
      Service applies = flow.start("applies", Set.of(Role.APPLY));
      flow.settle();
      flow.legacy("update contracts set customer_no = 77 where contract_no = 1");
      flow.settle();
      assertEquals(
          List.of("77"),
          flow.query("rental-store", "select customer from rentals where contract_no = 1"));
      assertTrue(captures.status().domains().isEmpty());
      assertTrue(applies.status().capture().isEmpty());

      // what is captured while nobody applies is applied later
      flow.stop(applies);
      flow.legacy("update contracts set customer_no = 78 where contract_no = 1");
      flow.start("applies later", Set.of(Role.APPLY));
      flow.settle();
      assertEquals(
          List.of("78"),
          flow.query("rental-store", "select customer from rentals where contract_no = 1"));
    }
  }
}
