package dev.crossfade.apply;

import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.wire.RecordReader;
import dev.crossfade.wire.WireException;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record of a domain's topic, decoded. Immutable. Many wait in memory, so its stamp is held as
 * the two numbers that it is.
 *
 * @param last whether it is the last of its transaction in this topic
 * @param bytes its size in Kafka
 * @param broken why it is none of Crossfade's; it has no stamp then, and the record is null
 */
record Received(
    long offset,
    long generation,
    long sequence,
    TopicRecord topicRecord,
    boolean last,
    int bytes,
    Optional<String> broken) {

  Stamp stamp() {
    return new Stamp(generation, sequence);
  }

  static Received of(ConsumerRecord<byte[], byte[]> kafkaRecord, RecordReader reader) {
    byte[] generation = null;
    byte[] sequence = null;
    boolean last = false;
    for (Header header : kafkaRecord.headers()) { // once: each look-up would decode all names
      switch (header.key()) {
        case WireFormat.GENERATION -> generation = header.value();
        case WireFormat.SEQUENCE -> sequence = header.value();
        case WireFormat.LAST -> last = true;
        default -> {}
      }
    }
    try {
      var stamp =
          new Stamp(
              number(WireFormat.GENERATION, generation), number(WireFormat.SEQUENCE, sequence));
      return new Received(
          kafkaRecord.offset(),
          stamp.generation(),
          stamp.sequence(),
          reader.read(kafkaRecord.key(), kafkaRecord.value()),
          last,
          kafkaRecord.serializedValueSize(),
          Optional.empty());
    } catch (WireException | IllegalArgumentException e) {
      return new Received(
          kafkaRecord.offset(), 0, 0, null, false, 0, Optional.of(String.valueOf(e.getMessage())));
    }
  }

  /**
   * @throws IllegalArgumentException that names the header
   */
  private static long number(String header, byte[] value) {
    String text = value == null ? "" : new String(value, StandardCharsets.US_ASCII);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("the header " + header + " is missing or no number", e);
    }
  }
}
