package dev.crossfade.capture;

import dev.crossfade.capture.log.Image;
import dev.crossfade.capture.log.LogEvent;
import dev.crossfade.capture.log.LogTransaction;
import dev.crossfade.capture.log.TableTold;
import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.publish.Nowhere;
import dev.crossfade.wire.RecordReader;
import dev.crossfade.wire.WireFormat;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
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
 * The two rooms that see every change and do no I/O: from what the log says to a record's bytes,
 * and back. What is measured is a change, of transactions of three.
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

  private static final List<TableShape.Column> COLUMNS =
      List.of(
          new TableShape.Column("sales_item_id", "uuid", true),
          new TableShape.Column("order_id", "uuid", true),
          new TableShape.Column("product_id", "uuid", true),
          new TableShape.Column("quantity", "integer", true),
          new TableShape.Column("unit_price", "numeric(12,2)", true),
          new TableShape.Column("discount", "numeric(12,2)", false),
          new TableShape.Column("line_total", "numeric(12,2)", true),
          new TableShape.Column("created_at", "timestamp without time zone", true));
  private static final TableTold TOLD =
      new TableTold(
          TABLE,
          COLUMNS.stream().map(TableShape.Column::name).toList(),
          COLUMNS.stream().map(TableShape.Column::type).toList(),
          List.of("sales_item_id"));
  private static final Instant COMMITTED = Instant.parse("2026-11-27T10:11:12.345678Z");

  private final List<LogEvent> batch = new ArrayList<>();
  private final List<ProducerRecord<byte[], byte[]>> written = new ArrayList<>();
  private final RecordReader reader = new RecordReader();
  private final Routes routes = routes();

  /** Makes the batch, and the records that come of it. */
  @Setup
  public void setUp() throws InterruptedException {
    for (int i = 1; i <= TRANSACTIONS; i++) {
      var transaction = new LogTransaction(Integer.toString(i), COMMITTED, "");
      batch.add(new LogEvent.Begin(transaction, new Lsn(i * 1000L)));
      for (int row = 0; row < ROWS; row++) {
        batch.add(change(transaction, i, row));
      }
      batch.add(new LogEvent.End(transaction, new Lsn(i * 1000L + 900)));
    }
    stream(written::add).take(batch, end -> {});
    written.removeIf(r -> r.headers().lastHeader(WireFormat.GENERATION) == null);
    written.remove(0); // the generation's start
    if (written.size() != CHANGES) {
      throw new IllegalStateException("expected " + CHANGES + " records, found " + written.size());
    }
  }

  @Benchmark
  @OperationsPerInvocation(CHANGES)
  public void fromTheLogToBytes(Blackhole hole) throws InterruptedException {
    stream(hole::consume).take(batch, end -> {});
  }

  @Benchmark
  @OperationsPerInvocation(CHANGES)
  public void fromBytesToAnEvent(Blackhole hole) {
    for (ProducerRecord<byte[], byte[]> one : written) {
      TopicRecord read = reader.read(one.key(), one.value());
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
    var shape = new TableShape(TABLE, COLUMNS, List.of("sales_item_id"));
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

  private static LogEvent change(LogTransaction transaction, int number, int row) {
    Image after =
        Image.of(
            TOLD,
            Arrays.asList(
                "6b0f7c3e-0000-4000-8000-%012d".formatted(number * 10L + row),
                "7c1a8d4f-0000-4000-8000-%012d".formatted(number),
                "8d2b9e50-0000-4000-8000-%012d".formatted(number % 1000),
                Integer.toString(1 + row),
                "19.99",
                null,
                "59.97",
                "2026-11-27 10:11:12.345678"));
    return new LogEvent.Change(
        transaction,
        new Lsn(number * 1000L + row),
        ChangeEvent.Op.CREATE,
        TOLD,
        Optional.empty(),
        Optional.of(after));
  }

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
