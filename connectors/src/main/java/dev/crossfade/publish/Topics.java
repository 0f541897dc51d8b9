package dev.crossfade.publish;

import dev.crossfade.domain.Domain;
import dev.crossfade.source.Problem;
import dev.crossfade.source.SourceException;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The domains' topics: one partition, kept for the retention time, never compacted. Any thread; but
 * {@link #look} and {@link #lookAway} are for one.
 */
public final class Topics implements AutoCloseable {
  /** Of a topic, in which a zombie may have written last. */
  public static final int LAST_RECORDS = 500;

  private static final Duration ANSWER = Duration.ofSeconds(15);

  /**
   * A topic that exists.
   *
   * @param id which Kafka gave it: one that was made again has another
   */
  public record Found(String id, int partitions) {}

  private final KafkaSettings settings;
  private final Admin admin;
  private Map<String, KafkaFuture<TopicDescription>> asked = Map.of();

  public Topics(KafkaSettings settings) {
    this.settings = settings;
    var client = settings.client();
    client.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, "10000");
    client.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, "5000");
    this.admin = Admin.create(client);
  }

  /** Everything that is wrong with topics that exist; those that do not are made later. */
  public static List<Problem> check(KafkaSettings settings, Collection<Domain> domains) {
    try (var topics = open(settings)) {
      return topics.check(domains);
    } catch (SourceException e) {
      return e.problems();
    }
  }

  /**
   * As the constructor.
   *
   * @throws SourceException that says what to do, if no address of a broker can be resolved or the
   *     client's settings are refused
   */
  public static Topics open(KafkaSettings settings) {
    try {
      return new Topics(settings);
    } catch (KafkaException e) {
      throw new SourceException(away(settings, e), e);
    }
  }

  /** As {@link #check(KafkaSettings, Collection)}, with what is open. */
  public List<Problem> check(Collection<Domain> domains) {
    try {
      return problems(domains);
    } catch (PublishException | KafkaException e) {
      return List.of(away(settings, e));
    }
  }

  private static Problem away(KafkaSettings settings, RuntimeException e) {
    return new Problem(
        "Kafka at " + settings.properties().get("bootstrap.servers"),
        "cannot be reached (" + e.getMessage() + ")",
        "check bootstrap.servers and that the broker runs");
  }

  List<Problem> problems(Collection<Domain> domains) {
    var problems = new ArrayList<Problem>();
    for (Domain domain : domains) {
      find(domain.topic()).ifPresent(found -> problems.addAll(problems(found)));
    }
    return problems;
  }

  private List<Problem> problems(TopicDescription topic) {
    var problems = new ArrayList<Problem>();
    String where = "topic " + topic.name();
    if (topic.partitions().size() != 1) {
      problems.add(
          new Problem(
              where,
              "has " + topic.partitions().size() + " partitions, expected 1",
              "delete it (and say crossfade load --yes if it was in use), or rename the domain; one"
                  + " partition keeps one order"));
    }
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
    Config config =
        answer("read the settings of " + where, admin.describeConfigs(List.of(resource)).all())
            .get(resource);
    wanted()
        .forEach(
            (key, value) -> {
              String found = config.get(key).value();
              if (!found.equals(value)) {
                problems.add(
                    new Problem(
                        where,
                        "has " + key + " = " + found + ", expected " + value,
                        "change it with kafka-configs --alter, or crossfade.yml"));
              }
            });
    return problems;
  }

  /** Makes the topics that are missing; returns every topic's id. */
  public Map<String, String> ensure(Collection<Domain> domains) {
    for (Domain domain : domains) {
      if (find(domain.topic()).isEmpty()) {
        var topic = new NewTopic(domain.topic(), 1, settings.replicationFactor());
        try {
          answer(
              "make the topic " + domain.topic(),
              admin.createTopics(Set.of(topic.configs(wanted()))).all());
        } catch (PublishException e) {
          if (!(e.getCause() instanceof TopicExistsException)) {
            throw e;
          }
        }
      }
    }
    return ids(domains);
  }

  /**
   * The largest generation among the last records of the topics; 0 if they have none. A zombie may
   * have written after a newer generation had begun, so more than the last one is looked at.
   */
  public long lastGeneration(Collection<Domain> domains) {
    return lastGeneration(domains, LAST_RECORDS);
  }

  /**
   * As {@link #lastGeneration(Collection)}, among so many records of each topic. All topics are
   * read together, as every new generation waits for this.
   */
  public long lastGeneration(Collection<Domain> domains, int records) {
    var client = settings.client();
    client.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    client.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    client.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "50");
    client.remove(ConsumerConfig.GROUP_ID_CONFIG);
    List<TopicPartition> partitions =
        found(domains).keySet().stream().map(topic -> new TopicPartition(topic, 0)).toList();
    var bytes = new ByteArrayDeserializer();
    try (var consumer = new KafkaConsumer<>(client, bytes, bytes)) {
      return lastGeneration(consumer, partitions, records);
    } catch (KafkaException e) {
      throw new PublishException("Kafka could not show the last records of the topics", e);
    }
  }

  private static long lastGeneration(
      KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions, int records) {
    Map<TopicPartition, Long> first = consumer.beginningOffsets(partitions, ANSWER);
    Map<TopicPartition, Long> end = consumer.endOffsets(partitions, ANSWER);
    List<TopicPartition> unread =
        partitions.stream().filter(p -> first.get(p) < end.get(p)).toList();
    consumer.assign(unread);
    unread.forEach(p -> consumer.seek(p, Math.max(first.get(p), end.get(p) - records)));
    long largest = 0;
    long deadline = System.nanoTime() + ANSWER.toNanos();
    while (!unread.isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new PublishException(
            "Kafka did not show the last records of " + unread.get(0).topic() + " in time", null);
      }
      for (var found : consumer.poll(Duration.ofMillis(100))) {
        var header = found.headers().lastHeader(WireFormat.GENERATION);
        if (header != null) {
          String text = new String(header.value(), StandardCharsets.US_ASCII);
          largest = Math.max(largest, Long.parseLong(text));
        }
      }
      unread = unread.stream().filter(p -> consumer.position(p, ANSWER) < end.get(p)).toList();
      Set<TopicPartition> read = new HashSet<>(consumer.assignment());
      read.removeAll(unread);
      consumer.pause(read);
    }
    return largest;
  }

  /** The ids of the topics that exist. */
  public Map<String, String> ids(Collection<Domain> domains) {
    var ids = new TreeMap<String, String>();
    found(domains).forEach((name, topic) -> ids.put(name, topic.id()));
    return ids;
  }

  /** The topics that exist, by name. */
  public Map<String, Found> found(Collection<Domain> domains) {
    var found = new TreeMap<String, Found>();
    for (Domain domain : domains) {
      find(domain.topic()).ifPresent(topic -> found.put(topic.name(), found(topic)));
    }
    return found;
  }

  /**
   * As {@link #found}, without waiting: what Kafka has answered since this was called before, and
   * the next question. Empty while it has not: whoever looks after a stream cannot wait for a
   * broker that is away, and a broker that is away says nothing of its topics.
   */
  public Optional<Map<String, Found>> look(Collection<Domain> domains) {
    if (!asked.values().stream().allMatch(KafkaFuture::isDone)) {
      return Optional.empty();
    }
    Optional<Map<String, Found>> found = asked.isEmpty() ? Optional.empty() : answered();
    asked = admin.describeTopics(domains.stream().map(Domain::topic).toList()).topicNameValues();
    return found;
  }

  /** Does not wait for what was asked by {@link #look} any more: the answer may be old by now. */
  public void lookAway() {
    asked = Map.of();
  }

  private Optional<Map<String, Found>> answered() {
    var found = new TreeMap<String, Found>();
    for (var topic : asked.entrySet()) {
      try {
        found.put(topic.getKey(), found(answer("describe " + topic.getKey(), topic.getValue())));
      } catch (PublishException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(found);
  }

  private static Found found(TopicDescription topic) {
    return new Found(topic.topicId().toString(), topic.partitions().size());
  }

  private Map<String, String> wanted() {
    return Map.of(
        TopicConfig.CLEANUP_POLICY_CONFIG,
        TopicConfig.CLEANUP_POLICY_DELETE,
        TopicConfig.RETENTION_MS_CONFIG,
        Long.toString(settings.retention().toMillis()),
        TopicConfig.RETENTION_BYTES_CONFIG,
        "-1",
        TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
        Integer.toString(KafkaSettings.LARGEST_RECORD));
  }

  private Optional<TopicDescription> find(String topic) {
    try {
      return Optional.of(
          answer("describe the topic " + topic, admin.describeTopics(Set.of(topic)).allTopicNames())
              .get(topic));
    } catch (PublishException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static <T> T answer(String what, KafkaFuture<T> future) {
    try {
      return future.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new PublishException("Kafka could not " + what, e.getCause());
    } catch (TimeoutException e) {
      throw new PublishException(
          "Kafka did not " + what + " within " + ANSWER.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PublishException("interrupted, so Kafka was not asked to " + what, e);
    }
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(2));
  }
}
