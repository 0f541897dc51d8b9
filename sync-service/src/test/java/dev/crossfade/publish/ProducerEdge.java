package dev.crossfade.publish;

import java.util.function.UnaryOperator;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The edge between the publisher and Kafka, for tests that put themselves between the two. */
public final class ProducerEdge {
  private ProducerEdge() {}

  public static Publisher.Opener with(UnaryOperator<Producer<byte[], byte[]>> around) {
    return (settings, generation, topics) ->
        Publisher.open(
            settings,
            generation,
            topics,
            client ->
                around.apply(
                    new KafkaProducer<>(
                        client, new ByteArraySerializer(), new ByteArraySerializer())));
  }
}
