package dev.crossfade.capture;

import org.junit.jupiter.api.Test;
import org.openjdk.jmh.infra.Blackhole;

/** What {@code scripts/bench --hot} runs does what it says. */
class StreamBenchmarkTest {
  private static final String HOLE =
      "Today's password is swordfish. I understand instantiating Blackholes directly is dangerous.";

  @Test
  void eachOfTheHotRoomsTakesABatch() throws Exception {
    var benchmark = new StreamBenchmark();
    benchmark.setUp();
    var hole = new Blackhole(HOLE);
    benchmark.fromTheLogToBytes(hole);
    benchmark.fromBytesToAnEvent(hole);
  }
}
