package dev.crossfade.apply;

import dev.crossfade.event.ChangeEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads a domain's topic. What little is there is decoded and given out at once. Of much it reads
 * one poll ahead: what was polled next is decoded by a thread of its own while the store takes what
 * was polled before. For the thread that applies the domain.
 */
final class ReadAhead implements AutoCloseable {
  private static final int MUCH = 500;
  private static final int BATCH_BYTES = 8 * 1024 * 1024;
  private static final Duration AT_ONCE = Duration.ofMillis(1);

  /** What comes so late is no news: large batches get it through sooner than early ones. */
  private static final Duration LATE = Duration.ofSeconds(2);

  private static final Duration GATHER = Duration.ofMillis(100);

  private final ExecutorService decoder;
  private CompletableFuture<List<Received>> next = none();

  /** How many records that is. */
  private int waiting;

  ReadAhead(String domain) {
    this.decoder =
        Executors.newSingleThreadExecutor(
            work -> {
              var thread = new Thread(work, "decode-" + domain);
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * What comes next in the topic; if that is much, polls for what comes after it.
   *
   * @param patience how long to wait if nothing is there
   */
  List<Received> poll(DomainConsumer joined, Duration patience) {
    CompletableFuture<List<Received>> current = next;
    forget();
    if (isNone(current)) {
      List<ConsumerRecord<byte[], byte[]>> polled = gather(joined, patience);
      if (polled.size() < MUCH) {
        return decoded(polled);
      }
      current = decode(polled);
    }
    List<ConsumerRecord<byte[], byte[]>> after = joined.poll(Duration.ZERO);
    if (after.size() < MUCH) {
      var all = new ArrayList<Received>(decoded(current));
      all.addAll(decoded(after));
      return all;
    }
    waiting = after.size();
    next = decode(after);
    return decoded(current);
  }

  private static List<ConsumerRecord<byte[], byte[]>> gather(
      DomainConsumer joined, Duration patience) {
    long asked = System.nanoTime();
    var polled = new ArrayList<ConsumerRecord<byte[], byte[]>>(joined.poll(patience));
    if (polled.isEmpty()) {
      return polled;
    }
    long came = System.nanoTime();
    if (full(polled, joined)) {
      return polled;
    } else if (late(polled.get(polled.size() - 1))) {
      long until = System.nanoTime() + GATHER.toNanos();
      for (long left = GATHER.toNanos(); left > 0 && !full(polled, joined); ) {
        polled.addAll(joined.poll(Duration.ofNanos(left)));
        left = until - System.nanoTime();
      }
    } else if (polled.size() < MUCH) {
      // If it was there already, more is on its way, and goes into the same batch.
      polled.addAll(joined.poll(came - asked < AT_ONCE.toNanos() ? AT_ONCE : Duration.ZERO));
    }
    return polled;
  }

  private static boolean full(List<ConsumerRecord<byte[], byte[]>> polled, DomainConsumer joined) {
    return polled.size() >= joined.mostAtOnce()
        || polled.stream().mapToLong(ConsumerRecord::serializedValueSize).sum() >= BATCH_BYTES;
  }

  private static boolean late(ConsumerRecord<byte[], byte[]> last) {
    return Received.of(last).topicRecord() instanceof ChangeEvent change
        && change.ts().isBefore(Instant.now().minus(LATE));
  }

  /** Forgets what was polled ahead: the reader goes on from elsewhere. */
  void forget() {
    next = none();
    waiting = 0;
  }

  /** Records that were polled and not given out yet. */
  int waiting() {
    return waiting;
  }

  private CompletableFuture<List<Received>> decode(List<ConsumerRecord<byte[], byte[]>> records) {
    return CompletableFuture.supplyAsync(() -> decoded(records), decoder);
  }

  private static List<Received> decoded(List<ConsumerRecord<byte[], byte[]>> records) {
    var decoded = new ArrayList<Received>(records.size());
    records.forEach(kafkaRecord -> decoded.add(Received.of(kafkaRecord)));
    return decoded;
  }

  private static List<Received> decoded(CompletableFuture<List<Received>> decoding) {
    try {
      return decoding.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private static CompletableFuture<List<Received>> none() {
    return CompletableFuture.completedFuture(List.of());
  }

  private static boolean isNone(CompletableFuture<List<Received>> polled) {
    return polled.isDone() && !polled.isCompletedExceptionally() && polled.join().isEmpty();
  }

  @Override
  public void close() {
    decoder.shutdownNow();
  }
}
