package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.fixture.FlowFixture;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** In which order, and how far, work on a store is done. */
class StoreThreadsTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  /** What was done, in its order. */
  private final List<String> done = new CopyOnWriteArrayList<>();

  /** What stands still when it is come to. */
  private final Set<String> held = ConcurrentHashMap.newKeySet();

  private String takesLong = "";
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final AtomicLong clock = new AtomicLong();
  private StoreThreads threads = new StoreThreads("test", clock::get, LONG);

  @AfterEach
  void close() {
    goOn.countDown();
    threads.close();
  }

  private StoreThreads.Work work(String name) {
    return new StoreThreads.Work() {
      @Override
      public boolean batch() {
        return true;
      }

      @Override
      public void ahead() throws SQLException {
        step(name + " ahead");
      }

      @Override
      public void takeBack() throws SQLException {
        step(name + " taken back");
      }

      @Override
      public void run() throws SQLException {
        step(name);
      }
    };
  }

  private void step(String what) throws SQLException {
    if (held.contains(what)) {
      try {
        assertTrue(goOn.await(60, TimeUnit.SECONDS));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    if (held.contains(what + " fails")) {
      throw new SQLException(what);
    }
    if (what.equals(takesLong)) {
      clock.addAndGet(2 * LONG.toNanos());
    }
    done.add(what);
  }

  private void awaitDone(String what) throws Exception {
    FlowFixture.await(what, LONG, () -> done.contains(what));
  }

  @Test
  void theSecondDoesAheadWhatItCanAndTheRestAfterTheFirst() throws Exception {
    held.add("first");
    threads.hand(work("first"), 1, 10);
    threads.hand(work("second"), 2, 20);
    awaitDone("second ahead");
    assertTrue(threads.busy());
    assertEquals(3, threads.waiting());
    assertEquals(30, threads.bytes());
    assertEquals(List.of("second ahead"), done);
    goOn.countDown();
    threads.settle();
    assertEquals(List.of("second ahead", "first", "second"), done);
    assertFalse(threads.busy());
    assertEquals(0, threads.waiting());
  }

  @Test
  void nothingIsAheadOfNothing() throws Exception {
    threads.hand(work("first"), 1, 1);
    threads.settle();
    threads.hand(work("second"), 1, 1);
    threads.settle();
    assertEquals(List.of("first", "second"), done);
  }

  @Test
  void whoHandsOverAThirdWaitsForTheFirstOnly() throws Exception {
    held.add("second");
    threads.hand(work("first"), 1, 1);
    threads.hand(work("second"), 2, 2);
    threads.hand(work("third"), 4, 4);
    awaitDone("third ahead");
    assertEquals(6, threads.waiting());
    goOn.countDown();
    threads.settle();
    assertEquals("third", done.get(done.size() - 1));
  }

  @Test
  void whatWaitsForLongIsTakenBack() throws Exception {
    threads = new StoreThreads("test", clock::get, Duration.ofMillis(50));
    held.add("first");
    threads.hand(work("first"), 1, 1);
    threads.hand(work("second"), 1, 1);
    awaitDone("second taken back");
    goOn.countDown();
    threads.settle();
    assertEquals(List.of("second ahead", "second taken back", "first", "second"), done);
  }

  @Test
  void nothingIsDoneAheadThatWouldHaveToBeTakenBack() throws Exception {
    takesLong = "slow";
    threads.hand(work("slow"), 1, 1);
    threads.settle();
    held.add("first");
    threads.hand(work("first"), 1, 1);
    threads.hand(work("second"), 1, 1);
    FlowFixture.await("that it waits", LONG, () -> aStoreThreadIsIn("await"));
    goOn.countDown();
    threads.settle();
    assertEquals(List.of("slow", "first", "second"), done);
  }

  @Test
  void nothingIsDoneBehindAFailure() throws Exception {
    held.addAll(Set.of("first", "first fails"));
    threads.hand(work("first"), 1, 1);
    threads.hand(work("second"), 1, 1);
    awaitDone("second ahead");
    goOn.countDown();
    assertEquals("first", assertThrows(SQLException.class, threads::settle).getMessage());
    threads.close();
    assertEquals(List.of("second ahead"), done);
  }

  @Test
  void aFailureAheadIsToldAfterTheFirstIsDone() throws Exception {
    held.addAll(Set.of("first", "second ahead fails"));
    threads.hand(work("first"), 1, 1);
    threads.hand(work("second"), 1, 1);
    goOn.countDown();
    threads.settleFirst();
    assertEquals("second ahead", assertThrows(SQLException.class, threads::settle).getMessage());
    assertEquals(List.of("first"), done);
  }

  @Test
  void theTimeThatItWaitsIsNotWhatItTakes() throws Exception {
    held.add("first");
    threads.hand(work("first"), 1_000, 1);
    threads.hand(work("second"), 1_000, 1);
    awaitDone("second ahead");
    FlowFixture.await("that it waits", LONG, () -> aStoreThreadIsIn("ends"));
    clock.addAndGet(Duration.ofSeconds(2).toNanos());
    goOn.countDown();
    threads.settleFirst();
    assertEquals(500, threads.aSecond());
    threads.settle();
    assertTrue(threads.aSecond() > 500, "it took no time of its own");
  }

  private static boolean aStoreThreadIsIn(String method) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(thread -> thread.getKey().getName().equals("store-test"))
        .flatMap(thread -> Arrays.stream(thread.getValue()))
        .anyMatch(
            frame ->
                frame.getClassName().equals(StoreThreads.class.getName())
                    && frame.getMethodName().equals(method));
  }
}
