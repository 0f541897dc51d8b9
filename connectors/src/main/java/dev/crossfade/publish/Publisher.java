package dev.crossfade.publish;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends the records of one generation and numbers them, 0, 1, 2 … in each topic. For one thread;
 * acknowledgements come on the producer's. The producer is idempotent, so a topic's records are
 * acknowledged in the order in which they were sent; if ever one is not, what is before it may be
 * lost, and the generation ends.
 */
public final class Publisher implements AutoCloseable {
  private static final Header LAST = new RecordHeader(WireFormat.LAST, ascii("1"));

  private static final class Topic {
    long next;
    volatile long acknowledged = -1;
  }

  private final Producer<byte[], byte[]> producer;
  private final long generation;
  private final Header generationHeader;
  private final Map<String, Topic> topics = new TreeMap<>();
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  /** How the publisher of a generation is opened. */
  public interface Opener {
    Publisher open(KafkaSettings settings, long generation, List<String> topics);
  }

  /** Opens a producer for a generation. */
  public static Publisher open(KafkaSettings settings, long generation, List<String> topics) {
    return open(
        settings,
        generation,
        topics,
        client ->
            new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer()));
  }

  /** As above, with another producer than Kafka's own. */
  static Publisher open(
      KafkaSettings settings,
      long generation,
      List<String> topics,
      Function<Properties, Producer<byte[], byte[]>> producers) {
    Properties client = settings.client();
    client.put(ProducerConfig.ACKS_CONFIG, "all");
    client.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    client.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "5");
    client.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, "1");
    client.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, "262144");
    client.putIfAbsent(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    client.put(
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(KafkaSettings.LARGEST_RECORD));
    client.putIfAbsent(
        ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.toString(2 * KafkaSettings.LARGEST_RECORD));
    client.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, "10000");
    client.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "15000");
    return new Publisher(producers.apply(client), generation, topics);
  }

  Publisher(Producer<byte[], byte[]> producer, long generation, List<String> topics) {
    this.producer = producer;
    this.generation = generation;
    this.generationHeader =
        new RecordHeader(WireFormat.GENERATION, ascii(Long.toString(generation)));
    topics.forEach(topic -> this.topics.put(topic, new Topic()));
  }

  /**
   * Sends a record; returns before it is acknowledged.
   *
   * @param last whether it is the last record of its transaction in this topic
   */
  public void send(String topicName, TopicRecord record, boolean last) {
    check();
    Topic topic = topics.get(topicName);
    long sequence = topic.next;
    // Of the record, no more is held until Kafka has it: many may be on their way.
    Optional<TableName> table =
        record instanceof ChangeEvent change ? Optional.of(change.table()) : Optional.empty();
    Header number = new RecordHeader(WireFormat.SEQUENCE, ascii(Long.toString(sequence)));
    var message =
        new ProducerRecord<>(
            topicName,
            0,
            WireFormat.key(record),
            WireFormat.value(record),
            last ? List.of(generationHeader, number, LAST) : List.of(generationHeader, number));
    try {
      producer.send(
          message,
          (metadata, error) -> {
            if (error != null) {
              failure.compareAndSet(
                  null, new PublishException(what(table) + " to " + topicName, error));
            } else if (sequence != topic.acknowledged + 1) {
              failure.compareAndSet(null, outOfOrder(topicName, sequence, topic.acknowledged));
            } else if (failure.get() == null) {
              topic.acknowledged = sequence;
            }
          });
    } catch (KafkaException | IllegalStateException e) {
      failure.compareAndSet(null, e);
      check();
    }
    topic.next = sequence + 1;
  }

  /** The stamps of the last record sent to each topic, without topics that have none. */
  public Map<String, Stamp> sent() {
    var stamps = new TreeMap<String, Stamp>();
    topics.forEach(
        (name, topic) -> {
          if (topic.next > 0) {
            stamps.put(name, new Stamp(generation, topic.next - 1));
          }
        });
    return stamps;
  }

  /** Whether Kafka has everything up to these stamps. */
  public boolean acknowledged(Map<String, Stamp> stamps) {
    check();
    for (var stamp : stamps.entrySet()) {
      if (stamp.getValue().generation() == generation
          && topics.get(stamp.getKey()).acknowledged < stamp.getValue().sequence()) {
        return false;
      }
    }
    return true;
  }

  /** Waits until Kafka has everything that was sent. */
  public void awaitAcknowledged(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    Map<String, Stamp> stamps = sent();
    while (!acknowledged(stamps)) {
      if (System.nanoTime() > deadline) {
        throw new PublishException(
            "Kafka did not acknowledge records within " + limit.toSeconds() + " s", null);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  /**
   * Waits so long that Kafka may have everything up to these stamps; does not say whether it has.
   */
  public void awaitAcknowledgedBriefly(Map<String, Stamp> stamps, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!acknowledged(stamps) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** What went wrong with a send, if anything did; any thread may ask. */
  public Optional<Exception> failure() {
    return Optional.ofNullable(failure.get());
  }

  private static String what(Optional<TableName> table) {
    return table.map(of -> "a row of " + of).orElse("a marker");
  }

  private static PublishException outOfOrder(String topic, long sequence, long before) {
    return new PublishException(
        "Kafka acknowledged record %d of topic %s right after record %d"
            .formatted(sequence, topic, before),
        null);
  }

  private void check() {
    Exception cause = failure.get();
    if (cause != null) {
      throw new PublishException(
          "a record could not be sent to Kafka; generation " + generation + " ends", cause);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Gives up what is not acknowledged: it will be delivered again in the next generation. */
  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}
