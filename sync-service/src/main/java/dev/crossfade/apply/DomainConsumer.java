package dev.crossfade.apply;

import dev.crossfade.domain.Domain;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.publish.PublishException;
import dev.crossfade.publish.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The domain's place in its consumer group and its one partition. Kafka decides who reads; from
 * where is the store's to say. Owned by the thread that applies the domain, {@link #wakeup} apart.
 */
final class DomainConsumer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** Who stands by and has had no answer from Kafka for so long knows nothing of the others. */
  private static final Duration SILENT = Duration.ofSeconds(6);

  private final Domain domain;
  private final TopicPartition partition;
  private final Consumer<byte[], byte[]> consumer;
  private final Topics topics;
  private final int mostAtOnce;
  private boolean joined;
  private boolean assigned;
  private long assignments;
  private long commitDue;
  private long lookDue = System.nanoTime();
  private boolean withoutTopic;
  private long answeredAt = System.nanoTime();

  /** How Kafka's consumer is opened. */
  interface Opener {
    Consumer<byte[], byte[]> open(Properties properties);
  }

  /**
   * @param turn the domain's number among all domains, the same in every process
   */
  DomainConsumer(Domain domain, int turn, KafkaSettings kafka, String instance, Opener consumers) {
    this.domain = domain;
    this.partition = new TopicPartition(domain.topic(), 0);
    Properties properties = kafka.client();
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, domain.group());
    properties.put(
        ConsumerConfig.CLIENT_ID_CONFIG,
        "crossfade-%08x-%s-%s".formatted(rank(turn, instance), domain.name(), instance));
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
    properties.putIfAbsent(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, "6000");
    properties.putIfAbsent(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, "500");
    properties.putIfAbsent(ConsumerConfig.METADATA_MAX_AGE_CONFIG, "5000");
    properties.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "5000");
    this.consumer = consumers.open(properties);
    this.mostAtOnce =
        Integer.parseInt(properties.getProperty(ConsumerConfig.MAX_POLL_RECORDS_CONFIG));
    this.topics = new Topics(kafka);
    consumer.subscribe(
        List.of(domain.topic()),
        new ConsumerRebalanceListener() {
          @Override
          public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            // Nothing is read before the store has said from where, and never from a partition that
            // somebody has added: that is a gap, which open() finds.
            partitions.forEach(any -> consumer.seek(any, 0));
            consumer.pause(partitions);
            joined = true;
            if (partitions.contains(partition)) {
              assigned = true;
              withoutTopic = false;
              topics.lookAway();
              assignments++;
            }
          }

          @Override
          public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            joined = false; // until the group has given out the partitions anew
            if (partitions.contains(partition)) {
              assigned = false;
            }
          }

          @Override
          public void onPartitionsLost(Collection<TopicPartition> partitions) {
            onPartitionsRevoked(partitions);
          }
        });
  }

  /**
   * Spreads the domains over the processes. The range assignor gives a topic's only partition to
   * the member that sorts first, and a member's name begins with this number: of two processes one
   * comes first for the even turns and the other for the odd ones.
   */
  static int rank(int turn, String instance) {
    int own = instance.hashCode() * 0x9E3779B9;
    int pair = Integer.reverse(turn / 2) >>> 1;
    return own ^ pair ^ (turn % 2 == 0 ? 0 : -1);
  }

  /** Kafka's own. */
  static Consumer<byte[], byte[]> kafka(Properties properties) {
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Whether the group has given this consumer its share, of nothing perhaps, and is there. */
  boolean joined() {
    return joined && System.nanoTime() - answeredAt < SILENT.toNanos();
  }

  boolean assigned() {
    return assigned;
  }

  /**
   * Which assignment of the partition this is. A rebalance may take it away and give it back within
   * one poll; reading then waits for {@link #open} again.
   */
  long assignment() {
    return assignments;
  }

  /**
   * Lets the records flow from an offset on; of a topic that does not have it, after a gap, from
   * its first record on.
   *
   * @param gap whether the store is known to lack records, and a new load is looked for
   * @return the topic's id, which tells a topic that was made again from the one that was read
   * @throws GapException if the topic does not have that offset and no gap was known
   */
  String open(long offset, String knownTopicId, boolean gap) {
    String id = topicId();
    long first = consumer.beginningOffsets(List.of(partition), PATIENCE).get(partition);
    long end = consumer.endOffsets(List.of(partition), PATIENCE).get(partition);
    boolean another = !knownTopicId.isEmpty() && !knownTopicId.equals(id);
    boolean outside = offset < first || offset > end;
    if (another && !gap) {
      throw new GapException(
          "topic %s was deleted and made again (it had the id %s, it has %s): load domain %s again"
              .formatted(domain.topic(), knownTopicId, id, domain.name()));
    }
    if (outside && !gap) {
      throw new GapException(
          "topic %s holds the offsets %d to %d and the store needs %d next: records are lost, load domain %s again"
              .formatted(domain.topic(), first, end, offset, domain.name()));
    }
    consumer.seek(partition, another || outside ? first : offset);
    consumer.resume(List.of(partition));
    return id;
  }

  private String topicId() {
    Topics.Found topic;
    try {
      topic = topics.found(List.of(domain)).get(domain.topic());
    } catch (PublishException e) {
      throw new KafkaException(e.getMessage(), e);
    }
    if (topic == null) {
      throw new KafkaException("there is no topic " + domain.topic());
    } else if (topic.partitions() != 1) {
      throw new GapException(
          "topic %s has %d partitions, expected 1, which keeps one order: delete the topic and ask for a new load of domain %s"
              .formatted(domain.topic(), topic.partitions(), domain.name()));
    }
    return topic.id();
  }

  /**
   * Whether Kafka has said that there is no such topic, a short time ago. Nobody is assigned a
   * partition of it, which looks like standing by. Does not wait.
   */
  boolean withoutTopic() {
    long now = System.nanoTime();
    if (now - lookDue >= 0) {
      lookDue = now + LOOK.toNanos();
      topics
          .look(List.of(domain))
          .ifPresent(
              found -> {
                answeredAt = now;
                withoutTopic = !found.containsKey(domain.topic());
              });
    }
    return withoutTopic;
  }

  /** Stays in the group without reading. */
  void hold() {
    if (assigned) {
      consumer.pause(List.of(partition));
    }
  }

  List<ConsumerRecord<byte[], byte[]>> poll(Duration timeout) {
    return consumer.poll(timeout).records(partition);
  }

  /** How many records a poll gives at most. */
  int mostAtOnce() {
    return mostAtOnce;
  }

  /** Records that are not consumed yet; -1 if unknown. */
  long lag() {
    return assigned ? consumer.currentLag(partition).orElse(-1) : -1;
  }

  /** Tells Kafka's lag tools how far the store is; nothing reads it back. */
  void tell(long nextOffset) {
    long now = System.nanoTime();
    if (assigned && now - commitDue >= 0) {
      commitDue = now + Duration.ofSeconds(1).toNanos();
      consumer.commitAsync(Map.of(partition, new OffsetAndMetadata(nextOffset)), (o, e) -> {});
    }
  }

  /** Ends a poll that waits. Any thread. */
  void wakeup() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(3)));
    topics.close();
  }
}
