package dev.crossfade.apply;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.wire.RecordReader;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads as much of a domain's topic as makes a good batch: what little is there at once; more while
 * the store is at work on the batch before, and of what is late. For the thread that applies the
 * domain.
 */
final class TopicReader {
  /**
   * So many full polls are read at most: of a backlog, the more changes of one row are in a batch,
   * the fewer are written.
   */
  static final int POLLS = 4;

  private static final int BATCH_BYTES = 8 * 1024 * 1024;
  private static final Duration AT_ONCE = Duration.ofMillis(1);

  /** How often it is looked whether the store is done. */
  private static final Duration LOOK = Duration.ofMillis(2);

  /** What comes so late is no news: large batches get it through sooner than early ones. */
  private static final Duration LATE = Duration.ofSeconds(2);

  private static final Duration GATHER = Duration.ofMillis(100);

  /** However long the store is busy, the domain is to be heard of. */
  private static final Duration MOST = Duration.ofSeconds(1);

  private final DomainConsumer joined;
  private final BooleanSupplier storeIsBusy;
  private final IntSupplier most;
  private final RecordReader records = new RecordReader();
  private List<Received> read = new ArrayList<>();
  private long bytes;

  /**
   * @param storeIsBusy whether what is read could not be derived yet anyway
   * @param most how many records a batch may have; the last poll may bring more
   */
  TopicReader(DomainConsumer joined, BooleanSupplier storeIsBusy, IntSupplier most) {
    this.joined = joined;
    this.storeIsBusy = storeIsBusy;
    this.most = most;
  }

  /**
   * What comes next in the topic.
   *
   * @param patience how long to wait if nothing is there
   */
  List<Received> read(Duration patience) {
    read = new ArrayList<>();
    bytes = 0;
    gather(patience);
    return read;
  }

  private void gather(Duration patience) {
    long asked = System.nanoTime();
    poll(storeIsBusy.getAsBoolean() ? LOOK : patience);
    long came = System.nanoTime();
    gatherWhile(() -> storeIsBusy.getAsBoolean() && System.nanoTime() - came < MOST.toNanos());
    if (read.isEmpty() || full()) {
      return;
    }
    if (late(read.get(read.size() - 1))) {
      long until = System.nanoTime() + GATHER.toNanos();
      gatherWhile(() -> System.nanoTime() - until < 0);
    } else if (read.size() < StoreThreads.MUCH) {
      // If it was there already, more is on its way, and goes into the same batch.
      poll(came - asked < AT_ONCE.toNanos() ? AT_ONCE : Duration.ZERO);
    }
  }

  private void gatherWhile(BooleanSupplier goesOn) {
    while (!full() && joined.assigned() && goesOn.getAsBoolean()) {
      poll(LOOK);
    }
  }

  private void poll(Duration patience) {
    for (ConsumerRecord<byte[], byte[]> polled : joined.poll(patience)) {
      read.add(Received.of(polled, records));
      bytes += polled.serializedValueSize();
    }
  }

  private boolean full() {
    return read.size() >= Math.min(POLLS * (long) joined.mostAtOnce(), most.getAsInt())
        || bytes >= BATCH_BYTES;
  }

  private static boolean late(Received last) {
    return last.topicRecord() instanceof ChangeEvent change
        && change.ts().isBefore(Instant.now().minus(LATE));
  }
}
