package dev.crossfade.lab.bench;

import dev.crossfade.lab.Deadline;
import dev.crossfade.lab.KafkaServer;
import dev.crossfade.lab.LabException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What the benchmark does with topics of one partition. Used by one thread. */
final class Topics implements AutoCloseable {
  private final String bootstrap;
  private final Admin admin;

  Topics(KafkaServer kafka) {
    this.bootstrap = kafka.bootstrapServers();
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", bootstrap);
    this.admin = Admin.create(properties);
  }

  void create(String topic, Map<String, String> settings) {
    NewTopic wanted = new NewTopic(topic, 1, (short) 1).configs(settings);
    answer(admin.createTopics(List.of(wanted)).all());
  }

  /** Returns when none of them is there any more. */
  void delete(Set<String> topics) {
    List<String> there = topics.stream().filter(names()::contains).toList();
    if (!there.isEmpty()) {
      answer(admin.deleteTopics(there).all());
      if (!Deadline.in(Duration.ofSeconds(30))
          .await(() -> there.stream().noneMatch(names()::contains))) {
        throw new LabException("the topics " + there + " are still there after 30 s");
      }
    }
  }

  private Set<String> names() {
    return answer(admin.listTopics().names());
  }

  /** The offset behind the last record. */
  long end(String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    return answer(
            admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition))
        .offset();
  }

  /** The first record from an offset on whose value has that text in it, up to the end now. */
  Optional<ConsumerRecord<String, String>> find(String topic, long from, String text) {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", bootstrap);
    properties.setProperty("enable.auto.commit", "false");
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(partition));
      long end = end(topic);
      consumer.seek(partition, Math.min(end, Math.max(0, from)));
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
          if (record.value() != null && record.value().contains(text)) {
            return Optional.of(record);
          }
        }
      }
      return Optional.empty();
    }
  }

  private static <T> T answer(KafkaFuture<T> answer) {
    try {
      return answer.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new LabException("Kafka refused: " + e.getCause().getMessage(), e);
    } catch (TimeoutException e) {
      throw new LabException("Kafka did not answer within 30 s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted while Kafka was asked", e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(5));
  }
}
