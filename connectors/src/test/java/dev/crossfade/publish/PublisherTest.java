package dev.crossfade.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Stamp;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class PublisherTest {
  private final MockProducer<byte[], byte[]> kafka =
      new MockProducer<>(
          false, new RoundRobinPartitioner(), new ByteArraySerializer(), new ByteArraySerializer());
  private final Publisher publisher = new Publisher(kafka, 7, List.of("a", "b"));

  @Test
  void numbersEachTopicFromZeroWithoutHoles() {
    publisher.send("a", record(), true);
    publisher.send("a", record(), false);
    publisher.send("b", record(), true);
    publisher.send("a", record(), true);
    assertEquals(
        List.of("a 7 0 1", "a 7 1 null", "b 7 0 1", "a 7 2 1"),
        kafka.history().stream()
            .map(
                r ->
                    r.topic()
                        + " "
                        + header(r, "generation")
                        + " "
                        + header(r, "sequence")
                        + " "
                        + header(r, "last"))
            .toList());
    assertTrue(kafka.history().stream().allMatch(r -> r.partition() == 0));
    assertEquals(Map.of("a", new Stamp(7, 2), "b", new Stamp(7, 0)), publisher.sent());
  }

  @Test
  void isAcknowledgedOnlyWhenEveryTopicIs() {
    publisher.send("a", record(), true);
    publisher.send("b", record(), true);
    Map<String, Stamp> sent = publisher.sent();
    publisher.send("a", record(), true);
    assertFalse(publisher.acknowledged(sent));
    kafka.completeNext();
    assertFalse(publisher.acknowledged(sent));
    kafka.completeNext();
    assertTrue(publisher.acknowledged(sent));
    assertFalse(publisher.acknowledged(publisher.sent()));
    assertThrows(PublishException.class, () -> publisher.awaitAcknowledged(Duration.ofMillis(20)));
  }

  @Test
  void sendsNothingAfterAFailure() {
    publisher.send("a", record(), true);
    Map<String, Stamp> sent = publisher.sent();
    publisher.send("a", record(), true);
    kafka.errorNext(new IllegalStateException("the broker is full"));
    kafka.completeNext(); // what follows a failed record does not count
    assertThrows(PublishException.class, () -> publisher.acknowledged(sent));
    assertThrows(PublishException.class, () -> publisher.send("a", record(), true));
    assertEquals(2, kafka.history().size());
    assertTrue(publisher.failure().isPresent());
  }

  @Test
  void endsTheGenerationAtAnAcknowledgementOutOfOrder() {
    var late = new ArrayList<Callback>();
    var disorderly =
        new MockProducer<byte[], byte[]>(
            true,
            new RoundRobinPartitioner(),
            new ByteArraySerializer(),
            new ByteArraySerializer()) {
          @Override
          public Future<RecordMetadata> send(
              ProducerRecord<byte[], byte[]> record, Callback callback) {
            if (header(record, "sequence").equals("1")) {
              late.add(callback);
              return super.send(record, null);
            }
            return super.send(record, callback);
          }
        };
    var other = new Publisher(disorderly, 7, List.of("a"));
    other.send("a", record(), true);
    assertTrue(other.acknowledged(other.sent()));
    other.send("a", record(), true);
    other.send("a", record(), true);
    String message =
        assertThrows(PublishException.class, () -> other.acknowledged(other.sent())).getMessage();
    assertTrue(message.contains("record 2 of topic a right after record 0"), message);
    assertEquals(1, late.size());
  }

  private static LoadEnd record() {
    return new LoadEnd(1, 0, Instant.EPOCH);
  }

  private static String header(ProducerRecord<byte[], byte[]> record, String name) {
    var header = record.headers().lastHeader(name);
    return header == null ? "null" : new String(header.value(), StandardCharsets.US_ASCII);
  }
}
