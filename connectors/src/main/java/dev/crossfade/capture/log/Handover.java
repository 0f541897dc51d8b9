package dev.crossfade.capture.log;

import io.debezium.connector.base.QueueProvider;
import io.debezium.pipeline.DataChangeEvent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The events between the engine's thread that decodes the log and the one that hands them on: the
 * reader sleeps until there is one, and takes all that are there. Bounded by number and by bytes;
 * the writer waits while it is full. For one writer and one reader. The engine takes it for its
 * queue, in which whatever waits is a single {@link Delivery}.
 */
final class Handover implements QueueProvider<DataChangeEvent> {
  /** So many events are full. */
  static final int CAPACITY = 32_768;

  private static final long CAPACITY_BYTES = 128L * 1024 * 1024;
  private static final long SMALL = 64;

  /** So many bytes are enough for a delivery. */
  private static final long ENOUGH = 16L * 1024 * 1024;

  /** How long a writer waits before it looks again, if it was not told. */
  private static final long LOOK_MILLIS = 100;

  private final ArrayDeque<LogEvent> waiting = new ArrayDeque<>();
  private final Map<String, String> source;
  private final int most;
  private long bytes;

  /**
   * @param source what the engine calls the source, in its offsets
   * @param most events of a delivery
   */
  Handover(Map<String, String> source, int most) {
    this.source = source;
    this.most = most;
  }

  @Override
  public String name() {
    return "crossfade";
  }

  @Override
  public void configure(Map<String, ?> settings) {
    // its bounds are its own
  }

  /** Adds an event, as soon as there is room. */
  synchronized void put(LogEvent event) throws InterruptedException {
    while (isFull()) {
      wait(LOOK_MILLIS);
    }
    waiting.add(event);
    bytes += bytes(event);
    notifyAll();
  }

  private boolean isFull() {
    return waiting.size() >= CAPACITY || bytes >= CAPACITY_BYTES;
  }

  /** What the engine itself would add, which is nothing of what it is set up for here. */
  @Override
  public void enqueue(DataChangeEvent event) {
    throw new IllegalStateException("the engine made an event of its own: " + event.getRecord());
  }

  /** What waits, at most as much as a delivery holds, or null if there is nothing. */
  @Override
  public synchronized DataChangeEvent poll() {
    if (waiting.isEmpty()) {
      return null;
    }
    var events = new ArrayList<LogEvent>(Math.min(most, waiting.size()));
    long taken = 0;
    while (events.size() < most && taken < ENOUGH && !waiting.isEmpty()) {
      LogEvent event = waiting.poll();
      taken += bytes(event);
      events.add(event);
    }
    bytes -= taken;
    notifyAll();
    return new DataChangeEvent(new Delivery(source, List.copyOf(events)));
  }

  /** How many events wait. */
  @Override
  public synchronized int size() {
    return waiting.size();
  }

  /** Waits until there is an event, at most so long. */
  synchronized void await(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    long left = limit.toNanos();
    while (waiting.isEmpty() && left > 0) {
      wait(left / 1_000_000, (int) (left % 1_000_000));
      left = deadline - System.nanoTime();
    }
  }

  private static long bytes(Optional<Image> image) {
    return image.isPresent() ? image.get().bytes() : 0;
  }

  private static long bytes(LogEvent event) {
    if (event instanceof LogEvent.Change change) {
      return SMALL + bytes(change.before()) + bytes(change.after());
    }
    return event instanceof LogEvent.Message message ? SMALL + message.content().length : SMALL;
  }
}
