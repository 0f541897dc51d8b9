package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class LatenciesTest {
  /** 1 to 100 ms, from the largest on. */
  private final Latencies hundred =
      Latencies.of(LongStream.rangeClosed(1, 100).map(i -> (101 - i) * 1_000).toArray());

  @Test
  void aQuantileIsTheNearestRank() {
    assertEquals(50, hundred.quantile(0.5));
    assertEquals(95, hundred.quantile(0.95));
    assertEquals(99, hundred.quantile(0.99));
    assertEquals(100, hundred.max());
    assertEquals(1, hundred.quantile(0.001));
    assertEquals(7, Latencies.of(7_000).quantile(0.99));
  }

  @Test
  void everyWholePercentOfAHundredIsItself() {
    for (int percent = 1; percent <= 100; percent++) {
      assertEquals(percent, hundred.quantile(percent / 100.0));
    }
  }

  @Test
  void noDurationsHaveNoQuantile() {
    assertTrue(Double.isNaN(Latencies.of().quantile(0.5)));
    assertThrows(IllegalArgumentException.class, () -> hundred.quantile(0));
    assertThrows(IllegalArgumentException.class, () -> hundred.quantile(1.01));
  }

  @Test
  void aHistogramCountsEachOnceAndABoundBelongsAboveIt() {
    assertArrayEquals(new long[] {9, 40, 51}, hundred.histogram(10, 50));
    assertEquals(100, LongStream.of(hundred.histogram(ReportJson.BOUNDS)).sum());
    assertArrayEquals(new long[] {0, 1}, Latencies.of(5_000).histogram(5));
  }
}
