package dev.crossfade.capture;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.publish.Nowhere;
import dev.crossfade.wire.WireFormat;
import io.debezium.engine.DebeziumEngine.Offsets;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The two rooms that see every change and do no I/O: from what the engine decodes to a record's
 * bytes, and back. What is measured is a change, of transactions of three.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class StreamBenchmark {
  private static final int TRANSACTIONS = 1_000;
  private static final int ROWS = 3;
  private static final int CHANGES = TRANSACTIONS * ROWS;
  private static final String TOPIC = "crossfade.order";
  private static final TableName TABLE = new TableName("public", "sales_items");

  private static final Schema KEY =
      SchemaBuilder.struct().field("sales_item_id", Schema.STRING_SCHEMA).build();
  private static final Schema ROW =
      SchemaBuilder.struct()
          .field("sales_item_id", Schema.STRING_SCHEMA)
          .field("order_id", Schema.STRING_SCHEMA)
          .field("product_id", Schema.STRING_SCHEMA)
          .field("quantity", Schema.STRING_SCHEMA)
          .field("unit_price", Schema.STRING_SCHEMA)
          .field("discount", Schema.OPTIONAL_STRING_SCHEMA)
          .field("line_total", Schema.STRING_SCHEMA)
          .field("created_at", Schema.STRING_SCHEMA)
          .optional()
          .build();
  private static final Schema SOURCE =
      SchemaBuilder.struct()
          .field("schema", Schema.STRING_SCHEMA)
          .field("table", Schema.STRING_SCHEMA)
          .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
          .field("lsn", Schema.OPTIONAL_INT64_SCHEMA)
          .field("ts_us", Schema.OPTIONAL_INT64_SCHEMA)
          .build();
  private static final Schema CHANGE =
      SchemaBuilder.struct()
          .field("op", Schema.STRING_SCHEMA)
          .field("before", ROW)
          .field("after", ROW)
          .field("source", SOURCE)
          .build();
  private static final Schema BOUNDARY =
      SchemaBuilder.struct()
          .field("status", Schema.STRING_SCHEMA)
          .field("id", Schema.STRING_SCHEMA)
          .build();

  private record Event(SourceRecord record) implements RecordChangeEvent<SourceRecord> {}

  private final List<RecordChangeEvent<SourceRecord>> batch = new ArrayList<>();
  private final List<ProducerRecord<byte[], byte[]>> written = new ArrayList<>();
  private final Routes routes = routes();

  /** Makes the batch, and the records that come of it. */
  @Setup
  public void setUp() throws InterruptedException {
    for (int i = 1; i <= TRANSACTIONS; i++) {
      batch.add(new Event(boundary("BEGIN", i)));
      for (int row = 0; row < ROWS; row++) {
        batch.add(new Event(change(i, row)));
      }
      batch.add(new Event(boundary("END", i)));
    }
    stream(written::add).handleBatch(batch, NOBODY);
    written.removeIf(r -> r.headers().lastHeader(WireFormat.GENERATION) == null);
    written.remove(0); // the generation's start
    if (written.size() != CHANGES) {
      throw new IllegalStateException("expected " + CHANGES + " records, found " + written.size());
    }
  }

  @Benchmark
  @OperationsPerInvocation(CHANGES)
  public void fromTheEngineToBytes(Blackhole hole) throws InterruptedException {
    stream(hole::consume).handleBatch(batch, NOBODY);
  }

  @Benchmark
  @OperationsPerInvocation(CHANGES)
  public void fromBytesToAnEvent(Blackhole hole) {
    for (ProducerRecord<byte[], byte[]> one : written) {
      TopicRecord read = WireFormat.read(one.key(), one.value());
      hole.consume(read);
    }
  }

  private Stream stream(java.util.function.Consumer<ProducerRecord<byte[], byte[]>> looks) {
    return new Stream(
        "shop",
        new Transactions(1, Lsn.ZERO, Lsn.ZERO, Optional.empty()),
        Map.of(),
        routes,
        Nowhere.publisher(List.of(TOPIC), looks),
        ALONE);
  }

  private static Routes routes() {
    var columns =
        ROW.fields().stream()
            .map(f -> new TableShape.Column(f.name(), type(f.name()), !f.schema().isOptional()))
            .toList();
    var shape = new TableShape(TABLE, columns, List.of("sales_item_id"));
    var domain =
        new Domain(
            "order",
            "order-store",
            List.of(
                new CapturedTable(
                    TABLE, new CapturedTable.Aggregate("order_id"), List.of(), Set.of())),
            List.of());
    return new Routes(List.of(domain), List.of(List.of(shape)));
  }

  private static String type(String column) {
    return column.endsWith("_id")
        ? "uuid"
        : column.equals("quantity")
            ? "integer"
            : column.equals("created_at") ? "timestamp without time zone" : "numeric(12,2)";
  }

  private static SourceRecord change(int transaction, int row) {
    String id = "6b0f7c3e-0000-4000-8000-%012d".formatted(transaction * 10L + row);
    Struct after =
        new Struct(ROW)
            .put("sales_item_id", id)
            .put("order_id", "7c1a8d4f-0000-4000-8000-%012d".formatted(transaction))
            .put("product_id", "8d2b9e50-0000-4000-8000-%012d".formatted(transaction % 1000))
            .put("quantity", Integer.toString(1 + row))
            .put("unit_price", "19.99")
            .put("line_total", "59.97")
            .put("created_at", "2026-11-27 10:11:12.345678");
    Struct source =
        new Struct(SOURCE)
            .put("schema", TABLE.schema())
            .put("table", TABLE.table())
            .put("txId", (long) transaction)
            .put("lsn", transaction * 1000L + row)
            .put("ts_us", 1_795_000_000_000_000L);
    Struct value = new Struct(CHANGE).put("op", "c").put("after", after).put("source", source);
    return new SourceRecord(
        Map.of(), Map.of(), "t", KEY, new Struct(KEY).put("sales_item_id", id), CHANGE, value);
  }

  private static SourceRecord boundary(String status, int transaction) {
    Struct value =
        new Struct(BOUNDARY)
            .put("status", status)
            .put("id", transaction + ":" + transaction * 1000L);
    return new SourceRecord(
        Map.of(),
        Map.of("lsn_commit", transaction * 1000L + 900, "ts_usec", 1_795_000_000_000_000L),
        "t.transaction",
        null,
        null,
        BOUNDARY,
        value);
  }

  private static final RecordCommitter<RecordChangeEvent<SourceRecord>> NOBODY =
      new RecordCommitter<>() {
        @Override
        public void markProcessed(RecordChangeEvent<SourceRecord> event) {}

        @Override
        public void markBatchFinished() {}

        @Override
        public void markProcessed(RecordChangeEvent<SourceRecord> event, Offsets offsets) {}

        @Override
        public Offsets buildOffsets() {
          return (name, value) -> {};
        }
      };

  private static final Stream.Surroundings ALONE =
      new Stream.Surroundings() {
        @Override
        public void checkAgain() {}

        @Override
        public void streams() {}

        @Override
        public void checkShapes() {}

        @Override
        public void published(
            Lsn end, Instant committed, Map<String, Stamp> released, Optional<Instant> marker) {}

        @Override
        public void progress(long changes) {}
      };
}
