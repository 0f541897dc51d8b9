package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.debezium.pipeline.DataChangeEvent;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

class HandoverTest {
  private static final Schema TEXT =
      SchemaBuilder.struct().field("text", Schema.STRING_SCHEMA).build();
  private final Handover handover = new Handover();

  @Test
  void givesOutWhatCameInOrderOneByOneOrTogether() {
    for (String value : List.of("a", "b", "c", "d")) {
      handover.enqueue(event(value));
    }
    assertEquals("a", text(handover.poll().getRecord()));
    assertEquals(List.of("b", "c"), handover.take(2).stream().map(HandoverTest::text).toList());
    assertEquals(1, handover.size());
    assertEquals(1, handover.take(10).size());
    assertNull(handover.poll());
  }

  @Test
  void looksFullWhenWhatWaitsIsLargeUntilItIsTaken() {
    String large = "x".repeat(100 * 1024 * 1024);
    handover.enqueue(event(large));
    handover.enqueue(event(large));
    assertEquals(2, handover.size());
    handover.enqueue(event(large));
    assertEquals(Handover.CAPACITY, handover.size());
    handover.poll();
    assertEquals(2, handover.size());
  }

  @Test
  void wakesTheReaderWhenAnEventComes() throws Exception {
    var writer = new Thread(() -> handover.enqueue(event("a")));
    long began = System.nanoTime();
    writer.start();
    handover.await(Duration.ofSeconds(30));
    assertEquals(1, handover.size());
    assertTrue(System.nanoTime() - began < Duration.ofSeconds(20).toNanos(), "it slept on");
    writer.join();
    handover.take(1);
    handover.await(Duration.ofMillis(5));
    assertEquals(0, handover.size());
  }

  private static String text(SourceRecord record) {
    return ((Struct) record.value()).getString("text");
  }

  private static DataChangeEvent event(String value) {
    Struct key = new Struct(TEXT).put("text", "key");
    Struct row = new Struct(TEXT).put("text", value);
    return new DataChangeEvent(new SourceRecord(Map.of(), Map.of(), "t", 0, TEXT, key, TEXT, row));
  }
}
