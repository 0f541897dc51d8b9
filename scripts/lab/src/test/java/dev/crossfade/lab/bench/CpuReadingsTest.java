package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CpuReadingsTest {
  private final CpuReadings readings = new CpuReadings();

  CpuReadingsTest() {
    readings.add(100, new Cpu(Map.of("old", 10L), 1_000));
    readings.add(200, new Cpu(Map.of("old", 20L, "new", 40L), 2_000));
    readings.add(200, new Cpu(Map.of("old", 21L, "new", 42L), 2_100));
    readings.add(300, new Cpu(Map.of("old", 21L, "new", 142L), 3_100));
  }

  @Test
  void betweenReadingsTheClocksGoEvenlyAndANewProcessBeginsAtNothing() {
    assertEquals(new Cpu(Map.of("old", 15L, "new", 20L), 1_500), readings.at(150));
    assertEquals(new Cpu(Map.of("old", 21L, "new", 67L), 2_350), readings.at(225));
  }

  @Test
  void outsideTheFirstAndTheLastReadingCount() {
    assertEquals(new Cpu(Map.of("old", 10L), 1_000), readings.at(100));
    assertEquals(new Cpu(Map.of("old", 10L), 1_000), readings.at(1));
    assertEquals(new Cpu(Map.of("old", 21L, "new", 142L), 3_100), readings.at(999));
  }

  @Test
  void aReadingBeforeTheLastOneIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> readings.add(299, new Cpu(Map.of(), 4_000)));
  }
}
