package dev.crossfade.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.apply.Replay;
import dev.crossfade.domain.Domain;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.setup.Pools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** A replay over a live store changes no service row. */
class ReplayTest {
  private static final Path RENTAL = Path.of("src/test/resources/scenarios/rental");

  @Test
  void aReplayFromAnyOffsetChangesNoServiceRow() throws Exception {
    try (var flow =
            new FlowFixture()
                .legacy(Files.readString(RENTAL.resolve("source.sql")))
                .store("rental-store", Files.readString(RENTAL.resolve("store.sql")))
                .domain(RENTAL.resolve("domain"));
        var pools = new Pools("test")) {
      flow.start("one");
      flow.settle();
      for (String transaction :
          Files.readString(RENTAL.resolve("changes.sql")).split("(?m)^--.*$")) {
        if (!transaction.isBlank()) {
          flow.legacy(transaction);
        }
      }
      flow.settle();
      String rows = "select xmin, ctid, * from %s order by 3";
      List<String> rentals = flow.query("rental-store", rows.formatted("rentals"));
      List<String> lines = flow.query("rental-store", rows.formatted("rental_lines"));
      List<String> openings = flow.query("rental-store", rows.formatted("openings"));
      Domain domain = flow.settings().domains().get(0);
      var store = pools.of(flow.settings().storeOf(domain));
      long end =
          Long.parseLong(
              flow.query("rental-store", "select next_offset from crossfade.progress").get(0));

      for (long offset : new long[] {0, 3, end / 2, end}) {
        long applied = applied(flow);
        assertEquals(
            offset, Replay.from(OptionalLong.of(offset), domain, store, flow.settings().kafka()));
        flow.settle();
        FlowFixture.await(
            "the records from " + offset + " are taken again",
            Duration.ofSeconds(60),
            () -> applied(flow) >= applied + end - offset);
        assertEquals(rentals, flow.query("rental-store", rows.formatted("rentals")));
        assertEquals(lines, flow.query("rental-store", rows.formatted("rental_lines")));
        assertEquals(openings, flow.query("rental-store", rows.formatted("openings")));
      }
      var refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> Replay.from(OptionalLong.of(999_999), domain, store, flow.settings().kafka()));
      assertTrue(refused.getMessage().contains("999999"), refused.getMessage());
    }
  }

  private static long applied(FlowFixture flow) throws Exception {
    return Long.parseLong(
        flow.query("rental-store", "select applied from crossfade.progress").get(0));
  }
}
