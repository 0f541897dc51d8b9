package dev.crossfade.apply;

import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.wire.WireException;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record of a domain's topic, decoded. Immutable.
 *
 * @param last whether it is the last of its transaction in this topic
 * @param bytes its size in Kafka
 * @param broken why it is none of Crossfade's; stamp and record are then null
 */
record Received(
    long offset,
    Stamp stamp,
    TopicRecord topicRecord,
    boolean last,
    int bytes,
    Optional<String> broken) {

  static Received of(ConsumerRecord<byte[], byte[]> kafkaRecord) {
    try {
      return new Received(
          kafkaRecord.offset(),
          new Stamp(
              number(kafkaRecord, WireFormat.GENERATION), number(kafkaRecord, WireFormat.SEQUENCE)),
          WireFormat.read(kafkaRecord.key(), kafkaRecord.value()),
          kafkaRecord.headers().lastHeader(WireFormat.LAST) != null,
          kafkaRecord.serializedValueSize(),
          Optional.empty());
    } catch (WireException | IllegalArgumentException e) {
      return new Received(
          kafkaRecord.offset(), null, null, false, 0, Optional.of(String.valueOf(e.getMessage())));
    }
  }

  /**
   * @throws IllegalArgumentException that names the header
   */
  private static long number(ConsumerRecord<byte[], byte[]> kafkaRecord, String name) {
    Header header = kafkaRecord.headers().lastHeader(name);
    String text =
        header == null || header.value() == null
            ? ""
            : new String(header.value(), StandardCharsets.US_ASCII);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("the header " + name + " is missing or no number", e);
    }
  }
}
