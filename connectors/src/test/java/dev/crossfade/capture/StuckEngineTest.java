package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.log.Engine;
import dev.crossfade.capture.log.EngineSettings;
import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.capture.log.LogEvent;
import dev.crossfade.event.Marker;
import dev.crossfade.event.TableName;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** An engine can hang without a word; the server knows that it has sent what never comes out. */
class StuckEngineTest {
  private static final Duration RECOVERED = Duration.ofSeconds(15);

  /** Hangs in the first batch that comes after it was told to. */
  private static final class Hanging implements LogConsumer {
    private final LogConsumer real;
    private final CountDownLatch hang = new CountDownLatch(1);
    private final CountDownLatch hangs = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final CountDownLatch wentOn = new CountDownLatch(1);

    Hanging(LogConsumer real) {
      this.real = real;
    }

    @Override
    public void take(List<LogEvent> events, Release release) throws InterruptedException {
      if (hang.getCount() > 0) {
        real.take(events, release);
        return;
      }
      hangs.countDown();
      boolean interrupted = false;
      while (goOn.getCount() > 0) {
        try {
          goOn.await();
        } catch (InterruptedException e) {
          interrupted = true; // what hangs in a foreign system does not listen
        }
      }
      try {
        real.take(events, release);
      } finally {
        wentOn.countDown();
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  @Test
  void anEngineThatHangsIsReplacedAndDoesNoHarmWhenItWakesUp() throws Exception {
    try (var shop = new Fixture("create table t (id int primary key)", "t")) {
      var first = new AtomicReference<Hanging>();
      Capture capture =
          shop.start(
              "one",
              (settings, consumer) -> {
                var hanging = new Hanging(consumer);
                return new Engine(
                    settings, first.compareAndSet(null, hanging) ? hanging : consumer);
              });
      Fixture.await("a marker", () -> capture.status().lastMarkerPublished().isPresent(), capture);
      long generation = capture.status().generation();
      first.get().hang.countDown();
      shop.sql("insert into t values (1)");
      assertTrue(first.get().hangs.await(5, TimeUnit.SECONDS));
      long began = System.nanoTime();

      String fence = shop.source.writeFence();
      var reader = new TopicReader(shop.topic);
      reader.readUntil(
          read -> read.record() instanceof Marker marker && marker.id().equals(fence), RECOVERED);
      System.out.printf("replaced after %.1f s%n", (System.nanoTime() - began) / 1e9);
      assertEquals(1, reader.mirror().size());
      assertTrue(capture.status().generation() > generation);

      first.get().goOn.countDown();
      assertTrue(first.get().wentOn.await(10, TimeUnit.SECONDS));
      shop.sql("insert into t values (2)");
      TopicReader all = shop.readToFence();
      assertEquals(2, all.mirror().size());
      assertEquals(2, all.changes().size());
    }
  }

  /**
   * The thread that decodes waits for room, and is told to stop by an interruption alone: the
   * engine would wait 4 s for it, by default, and until then not say why it has ended.
   */
  @Test
  @SuppressWarnings("try") // the engine works by being open
  void aFailureWhileTheDecoderWaitsForRoomIsToldAtOnce() throws Exception {
    try (var shop = new Fixture("create table t (id int primary key)", "t")) {
      shop.startStreaming().close(); // leaves the publication and the slot
      var fail = new CountDownLatch(1);
      LogConsumer consumer =
          (events, release) -> {
            fail.await();
            throw new IllegalStateException("failed");
          };
      var settings = EngineSettings.of(shop.source, List.of(TableName.parse("t")));
      try (var engine = new Engine(settings, consumer)) {
        shop.sql("insert into t select generate_series(1, 50000)");
        Fixture.await("a decoder that waits", StuckEngineTest::aDecoderWaits);
        fail.countDown();
        var failure =
            assertThrows(IllegalStateException.class, () -> engine.awaitEnd(Duration.ofSeconds(3)));
        assertTrue(failure.getMessage().endsWith("failed"), failure.getMessage());
      }
    }
  }

  private static boolean aDecoderWaits() {
    return Thread.getAllStackTraces().values().stream()
        .anyMatch(
            stack ->
                Arrays.stream(stack)
                        .anyMatch(
                            at ->
                                at.getClassName().endsWith(".Handover")
                                    && at.getMethodName().equals("put"))
                    && stack[0].getMethodName().equals("wait"));
  }
}
