package dev.crossfade.capture;

import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.Offsets;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.util.List;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * All that a task hands on at one time, as one record to the engine: that passes each record
 * through another thread, to transform it (3.6.1, {@code AsyncEmbeddedEngine}), and we transform
 * none. Immutable.
 */
final class Delivery extends SourceRecord {
  private final List<SourceRecord> records;

  /**
   * @param records at least one
   */
  Delivery(List<SourceRecord> records) {
    this(records, records.get(records.size() - 1));
  }

  private Delivery(List<SourceRecord> records, SourceRecord last) {
    super(
        last.sourcePartition(),
        last.sourceOffset(),
        last.topic(),
        last.kafkaPartition(),
        last.keySchema(),
        last.key(),
        last.valueSchema(),
        last.value(),
        last.timestamp(),
        last.headers());
    this.records = records;
  }

  private record Event(SourceRecord record) implements RecordChangeEvent<SourceRecord> {}

  /** Gives the consumer what is in the deliveries, record by record. */
  static ChangeConsumer<RecordChangeEvent<SourceRecord>> unpack(
      ChangeConsumer<RecordChangeEvent<SourceRecord>> consumer) {
    return (batch, committer) -> {
      for (RecordChangeEvent<SourceRecord> event : batch) {
        if (event.record() instanceof Delivery delivery) {
          consumer.handleBatch(
              delivery.records.stream().<RecordChangeEvent<SourceRecord>>map(Event::new).toList(),
              new Unpacked(event, committer));
        } else {
          consumer.handleBatch(List.of(event), committer);
        }
      }
    };
  }

  /** Marks single records of a delivery, which the engine knows as a whole. */
  private record Unpacked(
      RecordChangeEvent<SourceRecord> delivery,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      implements RecordCommitter<RecordChangeEvent<SourceRecord>> {
    @Override
    public void markProcessed(RecordChangeEvent<SourceRecord> event) throws InterruptedException {
      Offsets offsets = committer.buildOffsets();
      event.record().sourceOffset().forEach(offsets::set);
      committer.markProcessed(delivery, offsets);
    }

    @Override
    public void markProcessed(RecordChangeEvent<SourceRecord> event, Offsets offsets)
        throws InterruptedException {
      committer.markProcessed(delivery, offsets);
    }

    @Override
    public void markBatchFinished() throws InterruptedException {
      committer.markBatchFinished();
    }

    @Override
    public Offsets buildOffsets() {
      return committer.buildOffsets();
    }
  }
}
