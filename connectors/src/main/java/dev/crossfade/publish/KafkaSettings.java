package dev.crossfade.publish;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;

/**
 * How to reach Kafka and what Crossfade's topics must be like.
 *
 * @param properties client properties as Kafka names them; {@code bootstrap.servers} at least
 * @param retention how long a topic can be replayed
 */
public record KafkaSettings(
    Map<String, String> properties, Duration retention, short replicationFactor) {
  /** The largest record that a topic takes: a row with what a large object column may hold. */
  public static final int LARGEST_RECORD = 32 * 1024 * 1024;

  public KafkaSettings {
    properties = Map.copyOf(properties);
    if (!properties.containsKey("bootstrap.servers")) {
      throw new IllegalArgumentException("kafka: bootstrap.servers is missing");
    }
    if (retention.toMinutes() < 1) {
      throw new IllegalArgumentException(
          "kafka: retention must be a minute or more, found " + retention);
    }
    if (replicationFactor < 1) {
      throw new IllegalArgumentException(
          "kafka: the replication factor must be 1 or more, found " + replicationFactor);
    }
  }

  /** The client properties, to which a client adds its own. */
  public Properties client() {
    var client = new Properties();
    client.putAll(properties);
    return client;
  }
}
