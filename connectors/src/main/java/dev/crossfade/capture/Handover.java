package dev.crossfade.capture;

import io.debezium.connector.base.QueueProvider;
import io.debezium.pipeline.DataChangeEvent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * The events between the engine's thread that decodes the log and the one that hands them on: the
 * reader sleeps until there is one, and takes all that are there. Bounded by number and by bytes:
 * it looks full to the writer, who then waits. For one writer and one reader.
 */
final class Handover implements QueueProvider<DataChangeEvent> {
  /** So many events make it look full. */
  static final int CAPACITY = 32_768;

  private static final long CAPACITY_BYTES = 256L * 1024 * 1024;

  private record Waiting(DataChangeEvent event, long bytes) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long bytes;

  @Override
  public String name() {
    return "crossfade";
  }

  @Override
  public void configure(Map<String, ?> settings) {
    // its bounds are its own
  }

  @Override
  public void enqueue(DataChangeEvent event) {
    var entry = new Waiting(event, event.objectSize());
    synchronized (this) {
      waiting.add(entry);
      bytes += entry.bytes();
      notifyAll();
    }
  }

  /** The next event, or null if there is none. */
  @Override
  public synchronized DataChangeEvent poll() {
    Waiting entry = waiting.poll();
    if (entry == null) {
      return null;
    }
    bytes -= entry.bytes();
    return entry.event();
  }

  /** How many wait; as many as it can take if what waits is large. */
  @Override
  public synchronized int size() {
    return bytes < CAPACITY_BYTES ? waiting.size() : Math.max(waiting.size(), CAPACITY);
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

  /** Takes what waits, at most so many. */
  synchronized List<SourceRecord> take(int most) {
    int n = Math.min(most, waiting.size());
    var taken = new ArrayList<SourceRecord>(n);
    for (int i = 0; i < n; i++) {
      taken.add(poll().getRecord());
    }
    return taken;
  }
}
