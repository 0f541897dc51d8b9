package dev.crossfade.capture.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.TableName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HandoverTest {
  private static final int MOST = 3;
  private static final TableTold TABLE =
      new TableTold(new TableName("public", "t"), List.of("text"), List.of("text"), List.of());
  private static final LogTransaction ONE = new LogTransaction("1", Instant.EPOCH, "");
  private final Handover handover = new Handover(Map.of("server", "shop"), MOST);

  @Test
  void givesOutWhatCameInOrderAndNotTooMuchTogether() throws Exception {
    for (String value : List.of("a", "b", "c", "d")) {
      handover.put(event(value));
    }
    assertEquals(4, handover.size());
    assertEquals(List.of("a", "b", "c"), texts());
    assertEquals(1, handover.size());
    assertEquals(List.of("d"), texts());
    assertNull(handover.poll());
  }

  @Test
  void theWriterWaitsWhileWhatWaitsIsLarge() throws Exception {
    LogEvent large = event("x".repeat(70 * 1024 * 1024));
    handover.put(large);
    handover.put(large);
    waitsUntilItIsTaken(1);
  }

  @Test
  void theWriterWaitsWhileMuchWaits() throws Exception {
    LogEvent event = event("a");
    for (int i = 0; i < Handover.CAPACITY; i++) {
      handover.put(event);
    }
    waitsUntilItIsTaken(MOST);
  }

  @Test
  void ofWhatIsLargeOneIsEnoughForADelivery() throws Exception {
    handover.put(event("a"));
    handover.put(event("x".repeat(20 * 1024 * 1024)));
    handover.put(event("b"));
    assertEquals(2, texts().size());
    assertEquals(List.of("b"), texts());
  }

  /**
   * @param taken events by one delivery
   */
  private void waitsUntilItIsTaken(int taken) throws InterruptedException {
    int full = handover.size();
    Thread writer = writes(event("last"));
    while (writer.getState() != Thread.State.TIMED_WAITING) {
      assertTrue(writer.isAlive(), "it did not wait");
      Thread.onSpinWait();
    }
    assertEquals(full, handover.size());
    handover.poll();
    writer.join(Duration.ofSeconds(30).toMillis());
    assertEquals(full - taken + 1, handover.size());
  }

  @Test
  void aWriterThatWaitsCanBeStopped() throws Exception {
    LogEvent event = event("a");
    for (int i = 0; i < Handover.CAPACITY; i++) {
      handover.put(event);
    }
    Thread writer = writes(event);
    writer.interrupt();
    writer.join(Duration.ofSeconds(30).toMillis());
    assertEquals(Handover.CAPACITY, handover.size());
  }

  @Test
  void wakesTheReaderWhenAnEventComes() throws Exception {
    long began = System.nanoTime();
    Thread writer = writes(event("a"));
    handover.await(Duration.ofSeconds(30));
    assertEquals(1, handover.size());
    assertTrue(System.nanoTime() - began < Duration.ofSeconds(20).toNanos(), "it slept on");
    writer.join();
    handover.poll();
    handover.await(Duration.ofMillis(5));
    assertEquals(0, handover.size());
  }

  @Test
  void aDeliveryIsOfItsSource() throws Exception {
    LogEvent event = event("a");
    handover.put(event);
    var delivery = (Delivery) handover.poll().getRecord();
    assertSame(event, delivery.events().get(0));
    assertEquals(Map.of("server", "shop"), delivery.sourcePartition());
  }

  private Thread writes(LogEvent event) {
    var writer =
        new Thread(
            () -> {
              try {
                handover.put(event);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    writer.start();
    return writer;
  }

  private List<String> texts() {
    return ((Delivery) handover.poll().getRecord())
        .events().stream()
            .map(event -> ((LogEvent.Change) event).after().orElseThrow().texts().text(0))
            .toList();
  }

  private static LogEvent event(String text) {
    Image row = Image.of(TABLE, List.of(text));
    return new LogEvent.Change(
        ONE, new Lsn(1), ChangeEvent.Op.CREATE, TABLE, Optional.empty(), Optional.of(row));
  }
}
