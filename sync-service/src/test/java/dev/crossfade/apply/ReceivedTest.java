package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Stamp;
import dev.crossfade.wire.RecordReader;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReceivedTest {
  private static final Marker MARKER =
      new Marker(
          "m",
          Marker.Kind.HEARTBEAT,
          new Position(1, new Lsn(100), new Lsn(110)),
          Instant.parse("2026-11-30T10:11:12Z"));

  @Test
  void aRecordHasItsStamp() {
    Received received = received("7", "0");
    assertEquals(Optional.empty(), received.broken());
    assertEquals(new Stamp(7, 0), received.stamp());
    assertEquals(MARKER, received.topicRecord());
  }

  /** However good its key and value are: nobody could say whether one is missing. */
  @ParameterizedTest
  @CsvSource({"0, 0", "-1, 0", "1, -1", "one, 0", "1, ''", ", 0", "1, ", ", "})
  void aRecordWithoutAStampIsNoneOfCrossfades(String generation, String sequence) {
    Received received = received(generation, sequence);
    assertTrue(received.broken().isPresent());
    assertEquals(5, received.offset());
  }

  private static Received received(String generation, String sequence) {
    var message =
        new ConsumerRecord<>("topic", 0, 5L, WireFormat.key(MARKER), WireFormat.value(MARKER));
    header(message, WireFormat.GENERATION, generation);
    header(message, WireFormat.SEQUENCE, sequence);
    return Received.of(message, new RecordReader());
  }

  private static void header(ConsumerRecord<byte[], byte[]> message, String name, String value) {
    if (value != null) {
      message.headers().add(name, value.getBytes(StandardCharsets.US_ASCII));
    }
  }
}
