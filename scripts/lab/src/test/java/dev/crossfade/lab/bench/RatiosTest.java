package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RatiosTest {
  private static final Ratios RATIOS = new Ratios("Crossfade", "Kafka Connect");

  @Test
  void theMedianIsOfThePairsAndNotOfTheRuns() {
    // Pairs: 2, 0.5, 1. The ratio of the medians is 20 / 20.
    assertEquals(1, Ratios.median(new double[] {20, 10, 30}, new double[] {10, 20, 30}));
    assertEquals(1.25, Ratios.median(new double[] {20, 10}, new double[] {10, 20}));
    // A figure that is missing takes its pair along, and leaves the others as they are.
    assertEquals(3, Ratios.median(new double[] {3, Double.NaN, 9}, new double[] {1, 1, 3}));
    assertTrue(Double.isNaN(Ratios.median(new double[] {1}, new double[0])));
  }

  private static List<Measured> drains(boolean right) {
    List<Measured> drains = new ArrayList<>();
    for (Phase phase : List.of(Phase.WHOLE, Phase.APPLY)) {
      drains.add(Runs.measured("Crossfade", phase, 10, right));
      drains.add(Runs.measured("PostgreSQL", phase, 1, right));
      drains.add(Runs.measured("Kafka Connect", phase, 20, right));
    }
    return drains;
  }

  @Test
  void aRateIsTheOtherWayRoundThanATimeAndWhatWasNotMeasuredIsLeftOut() {
    Map<String, Double> warm =
        RATIOS.warm(
            drains(true),
            List.of(
                Runs.window("Crossfade", 200, 90_000),
                Runs.window("Crossfade", 500, 10_000),
                Runs.window("Kafka Connect", 200, 1_000),
                Runs.window("Kafka Connect", 500, 40_000)),
            List.of());
    assertEquals(
        Map.of(
            "drain_end_to_end", 2.0,
            "apply_only", 2.0,
            "latency_p50", 0.25,
            "latency_p99", 0.25,
            "cpu_per_change", 1.0),
        warm);
    assertEquals(
        Map.of("drain_end_to_end", 2.0, "apply_only", 2.0, "cpu_per_change", 1.0),
        RATIOS.fromStart(drains(true), List.of()));
  }

  @Test
  void warmIsWhatALongRunTakesBeyondAShortOne() {
    Measured run =
        Runs.measured("p", Phase.WHOLE, 30, 1_000_000, 9_000_000)
            .beyond(Runs.measured("p", Phase.WHOLE, 20, 200_000, 5_000_000));
    Stretch warm = run.warm().orElseThrow();
    assertEquals(80_000, warm.rate());
    assertEquals(5, warm.micros());
    assertEquals(1_000_000 / 30.0, run.whole().rate());
    Measured chance =
        Runs.measured("p", Phase.WHOLE, 19, 1_000_000, 9_000_000)
            .beyond(Runs.measured("p", Phase.WHOLE, 20, 200_000, 5_000_000));
    assertTrue(chance.warm().isEmpty());
  }

  @Test
  void aRunIsRightOnlyIfTheShorterOneWas() {
    Measured right = Runs.measured("p", Phase.WHOLE, 30, true);
    assertTrue(right.beyond(right).right());
    assertTrue(!right.beyond(Runs.measured("p", Phase.WHOLE, 20, false)).right());
  }

  @Test
  void aReportHasRatiosOnlyIfEveryStoreIsRight() throws Exception {
    Report report = new Report(Map.of(), Plan.quick()).drains(drains(true));
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertEquals(2, json.path("ratios").path("drain_end_to_end").asDouble());
    assertEquals(2, json.path("ratios_from_start").path("apply_only").asDouble());
    assertTrue(report.table().contains("Crossfade over Kafka Connect"), report.table());
    Report wrong = new Report(Map.of(), Plan.quick()).drains(drains(false));
    assertTrue(new ObjectMapper().readTree(wrong.json()).path("ratios").isMissingNode());
  }

  @Test
  void aRunWithoutPeersHasNone() throws Exception {
    Report report =
        new Report(Map.of(), Plan.quick())
            .drains(List.of(Runs.measured("Crossfade", Phase.WHOLE, 10, true)));
    assertTrue(new ObjectMapper().readTree(report.json()).path("ratios").isMissingNode());
    assertTrue(!report.table().contains("over Kafka Connect"), report.table());
  }
}
