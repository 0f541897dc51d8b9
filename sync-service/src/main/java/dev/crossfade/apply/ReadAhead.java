package dev.crossfade.apply;

import java.time.Duration;
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
  private static final Duration AT_ONCE = Duration.ofMillis(1);

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
      long asked = System.nanoTime();
      List<ConsumerRecord<byte[], byte[]>> polled = joined.poll(patience);
      if (polled.isEmpty()) {
        return List.of();
      } else if (polled.size() < MUCH) {
        // If it was there already, more is on its way, and goes into the same batch.
        boolean waited = System.nanoTime() - asked > AT_ONCE.toNanos();
        return decoded(polled, joined.poll(waited ? Duration.ZERO : AT_ONCE));
      }
      current = decode(polled);
    }
    List<ConsumerRecord<byte[], byte[]>> after = joined.poll(Duration.ZERO);
    waiting = after.size();
    next = decode(after);
    try {
      return current.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
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
    return records.isEmpty()
        ? none()
        : CompletableFuture.supplyAsync(() -> decoded(records, List.of()), decoder);
  }

  private static List<Received> decoded(
      List<ConsumerRecord<byte[], byte[]>> first, List<ConsumerRecord<byte[], byte[]>> then) {
    var decoded = new ArrayList<Received>(first.size() + then.size());
    first.forEach(kafkaRecord -> decoded.add(Received.of(kafkaRecord)));
    then.forEach(kafkaRecord -> decoded.add(Received.of(kafkaRecord)));
    return decoded;
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
