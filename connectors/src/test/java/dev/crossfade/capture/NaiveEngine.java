package dev.crossfade.capture;

import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium as one would configure it at first: it stores its offsets in a file, and every record is
 * marked processed. Collects the ids of the rows that it was given.
 */
final class NaiveEngine implements ChangeConsumer<RecordChangeEvent<SourceRecord>> {
  final Set<Integer> ids = new ConcurrentSkipListSet<>();
  private final Fixture shop;
  private final Path offsets;
  private volatile boolean dieInsideTransaction;

  NaiveEngine(Fixture shop, Path folder) {
    this.shop = shop;
    this.offsets = folder.resolve("offsets");
  }

  /** Opens an engine that goes on from the stored offsets. */
  Engine open(boolean dies) {
    dieInsideTransaction = dies;
    Properties settings =
        EngineSettings.of(shop.source, List.of(shop.domain.tables().get(0).name()));
    settings.setProperty(
        "offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
    settings.setProperty("offset.storage.file.filename", offsets.toString());
    settings.setProperty("topic.prefix", "naive_" + shop.name);
    settings.setProperty(PromptTask.MOST, "4");
    return new Engine(settings, this);
  }

  @Override
  public void handleBatch(
      List<RecordChangeEvent<SourceRecord>> batch,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    if (dieInsideTransaction && !ids.isEmpty()) {
      throw new IllegalStateException("dies at a batch boundary");
    }
    for (var event : batch) {
      Struct value = (Struct) event.record().value();
      if (value.schema().field("op") != null && "c".equals(value.getString("op"))) {
        ids.add(Integer.valueOf(value.getStruct("after").getString("id")));
      }
      committer.markProcessed(event);
    }
    committer.markBatchFinished();
  }
}
