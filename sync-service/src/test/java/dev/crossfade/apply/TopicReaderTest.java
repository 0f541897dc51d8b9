package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.ChangeEvent.Op;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.fixture.Changes;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class TopicReaderTest {
  private static final int POLL = 100;
  private static final Duration PATIENCE = Duration.ofMillis(50);
  private final Domain domain = new Domain("test", "store", List.of(), List.of());
  private final TopicPartition partition = new TopicPartition(domain.topic(), 0);
  private final MockConsumer<byte[], byte[]> kafka = new MockConsumer<>("none");
  private boolean storeIsBusy;
  private int most = Integer.MAX_VALUE;
  private DomainConsumer joined;
  private TopicReader reader;
  private long next;

  @BeforeEach
  void join() {
    var settings =
        new KafkaSettings(
            Map.of("bootstrap.servers", "127.0.0.1:1", "max.poll.records", "" + POLL),
            Duration.ofDays(1),
            (short) 1);
    joined = new DomainConsumer(domain, 0, settings, "me", properties -> kafka);
    reader = new TopicReader(joined, () -> storeIsBusy, () -> most);
    kafka.updateBeginningOffsets(Map.of(partition, 0L));
    kafka.setMaxPollRecords(POLL);
    kafka.schedulePollTask(() -> kafka.rebalance(List.of(partition)));
    joined.poll(Duration.ZERO);
    kafka.resume(List.of(partition));
  }

  @AfterEach
  void leave() {
    joined.close();
  }

  @Test
  void whatLittleIsThereIsGivenOutAtOnceAndInOrder() {
    come(3, Instant.now());
    kafka.schedulePollTask(() -> {});
    kafka.schedulePollTask(() -> come(2, Instant.now()));
    assertEquals(offsets(0, 5), offsets(read()));
    assertEquals(List.of(), offsets(read()));
  }

  @Test
  void whatIsLateIsGathered() {
    Instant before = Instant.now().minusSeconds(60);
    come(3, before);
    for (int i = 0; i < 4; i++) {
      kafka.schedulePollTask(() -> come(10, before));
    }
    assertEquals(offsets(0, 43), offsets(read()));
  }

  @Test
  void aBatchIsNotGatheredBeyondWhatSoManyPollsMayGive() {
    int polls = TopicReader.POLLS * POLL;
    come(3 * polls, Instant.now().minusSeconds(60));
    assertEquals(offsets(0, polls), offsets(read()));
    assertEquals(offsets(polls, 2 * polls), offsets(read()));
  }

  @Test
  void aBatchIsNotGatheredBeyondWhatItMayHave() {
    come(5 * POLL, Instant.now().minusSeconds(60));
    most = POLL;
    assertEquals(offsets(0, POLL), offsets(read()));
    most = POLL + 1;
    assertEquals(offsets(POLL, 3 * POLL), offsets(read()));
  }

  @Test
  void whileTheStoreIsBusyWhatComesIsGathered() {
    storeIsBusy = true;
    for (int i = 0; i < 4; i++) {
      kafka.schedulePollTask(() -> {});
      kafka.schedulePollTask(() -> come(10, Instant.now()));
    }
    kafka.schedulePollTask(() -> storeIsBusy = false);
    kafka.schedulePollTask(() -> {});
    kafka.schedulePollTask(() -> come(10, Instant.now()));
    assertEquals(offsets(0, 40), offsets(read()));
    assertEquals(offsets(40, 50), offsets(read()));
  }

  @Test
  @Timeout(30)
  void aReaderThatHasLostThePartitionDoesNotWaitForTheStore() {
    storeIsBusy = true;
    come(3, Instant.now());
    kafka.schedulePollTask(() -> {});
    kafka.schedulePollTask(() -> kafka.rebalance(List.of()));
    assertEquals(offsets(0, 3), offsets(read()));
  }

  private List<Received> read() {
    return reader.read(PATIENCE);
  }

  private void come(int number, Instant committed) {
    for (int i = 0; i < number; i++) {
      Row row = Changes.row("id=" + next);
      var event =
          new ChangeEvent(
              Op.CREATE,
              TableName.parse("t"),
              row,
              Row.EMPTY,
              row,
              new Position(1, new Lsn(1), new Lsn(2 + next)),
              "7",
              committed,
              "");
      var kafkaRecord =
          new ConsumerRecord<>(
              domain.topic(), 0, next, WireFormat.key(event), WireFormat.value(event));
      kafkaRecord.headers().add(WireFormat.GENERATION, ascii("1"));
      kafkaRecord.headers().add(WireFormat.SEQUENCE, ascii(Long.toString(next)));
      kafka.addRecord(kafkaRecord);
      next++;
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static List<Long> offsets(long from, long to) {
    return LongStream.range(from, to).boxed().toList();
  }

  private static List<Long> offsets(List<Received> received) {
    return received.stream().map(Received::offset).toList();
  }
}
