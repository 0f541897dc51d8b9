package dev.crossfade.capture;

import dev.crossfade.capture.log.EngineSettings;
import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium as one would configure it at first: it stores its offsets in a file, and every record is
 * marked processed. Collects the ids of the rows that it was given.
 */
final class NaiveEngine implements ChangeConsumer<RecordChangeEvent<SourceRecord>> {
  final Set<Integer> ids = new ConcurrentSkipListSet<>();

  /** How many transactions have ended, and were marked. */
  final AtomicInteger ends = new AtomicInteger();

  private final Fixture shop;
  private final Path offsets;
  private volatile boolean dieInsideTransaction;

  NaiveEngine(Fixture shop, Path folder) {
    this.shop = shop;
    this.offsets = folder.resolve("offsets");
  }

  /** An engine that runs, until it is closed or dies. */
  static final class Life implements AutoCloseable {
    private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
    private final CompletableFuture<Void> life;
    private final AtomicBoolean polling = new AtomicBoolean();

    private Life(Properties settings, ChangeConsumer<RecordChangeEvent<SourceRecord>> consumer) {
      engine =
          DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
              .using(settings)
              .using(
                  new DebeziumEngine.ConnectorCallback() {
                    @Override
                    public void pollingStarted() {
                      polling.set(true);
                    }
                  })
              .notifying(consumer)
              .build();
      life = CompletableFuture.runAsync(engine);
    }

    boolean polling() {
      return polling.get();
    }

    boolean isOver() {
      return life.isDone();
    }

    @Override
    public void close() throws IOException {
      if (!life.isDone()) {
        engine.close();
      }
      life.join();
    }
  }

  /** Opens an engine that goes on from the stored offsets. */
  Life open(boolean dies) {
    dieInsideTransaction = dies;
    Properties settings =
        EngineSettings.of(shop.source, List.of(shop.domain.tables().get(0).name()));
    settings.setProperty("connector.class", PostgresConnector.class.getName());
    settings.setProperty(
        "offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
    settings.setProperty("offset.storage.file.filename", offsets.toString());
    settings.setProperty("topic.prefix", "naive_" + shop.name);
    settings.remove("converters");
    settings.setProperty("max.batch.size", "4");
    settings.setProperty("provide.transaction.metadata", "true");
    return new Life(settings, this);
  }

  @Override
  public void handleBatch(
      List<RecordChangeEvent<SourceRecord>> batch,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    if (dieInsideTransaction && !ids.isEmpty()) {
      throw new IllegalStateException("dies at a batch boundary");
    }
    int ended = 0;
    for (var event : batch) {
      Struct value = (Struct) event.record().value();
      if (value.schema().field("op") != null && "c".equals(value.getString("op"))) {
        ids.add(value.getStruct("after").getInt32("id"));
      }
      if (value.schema().field("status") != null && "END".equals(value.getString("status"))) {
        ended++;
      }
      committer.markProcessed(event);
    }
    committer.markBatchFinished();
    ends.addAndGet(ended);
  }
}
