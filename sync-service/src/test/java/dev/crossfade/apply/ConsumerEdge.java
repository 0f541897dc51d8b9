package dev.crossfade.apply;

import dev.crossfade.domain.Domain;
import dev.crossfade.publish.KafkaSettings;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.Consumer;

/** The edge between apply and Kafka, for tests that put themselves between the two. */
public final class ConsumerEdge {
  private ConsumerEdge() {}

  public static DomainApply with(
      UnaryOperator<Consumer<byte[], byte[]>> around,
      Domain domain,
      int turn,
      String source,
      DataSource store,
      KafkaSettings kafka,
      String instance) {
    return new DomainApply(
        domain,
        turn,
        source,
        store,
        true,
        kafka,
        instance,
        properties -> around.apply(DomainConsumer.kafka(properties)));
  }
}
