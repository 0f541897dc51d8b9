package dev.crossfade.publish;

import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;

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

  /**
   * The client properties, to which a client adds its own. A connection to a broker may be lost
   * without a word; Kafka's defaults give it up after half a minute and more.
   */
  public Properties client() {
    var client = new Properties();
    client.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, "6000");
    client.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, "3000");
    client.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG, "6000");
    client.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, "500");
    client.putAll(properties);
    return client;
  }
}
