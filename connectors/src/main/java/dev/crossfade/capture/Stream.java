package dev.crossfade.capture;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.publish.Publisher;
import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One generation of the stream: takes what the engine decodes, gives each row its position, sends
 * it to the topics of its table, and releases the source up to the last END before which Kafka has
 * everything. Owned by the engine's thread. Whatever it throws ends the generation.
 */
final class Stream implements ChangeConsumer<RecordChangeEvent<SourceRecord>> {
  private static final Logger LOG = LoggerFactory.getLogger(Stream.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration BETWEEN_RELEASES = Duration.ofMillis(200);
  private static final Duration ACKNOWLEDGED = Duration.ofMillis(20);
  private static final int SMALL = 500;
  private static final int FEW = 2;
  private static final String OLD_KEY = "__debezium.oldkey";
  private static final String NEW_KEY = "__debezium.newkey";

  /** What the stream tells and asks its surroundings. */
  interface Surroundings {
    /** Called before the first send, once the slot is active: throws if a gap has opened. */
    void checkAgain();

    /** What was captured before has come again, as it was: what comes from here on is new. */
    void streams();

    /** The log says something new of a table, or the first: throws if its shape is another. */
    void checkShapes();

    /** Stores what is published; throws if another generation has begun. */
    void published(
        Lsn end, Instant committed, Map<String, Stamp> released, Optional<Instant> marker);

    /** A batch was taken, with so many changes. */
    void progress(long changes);
  }

  /** An END that may be released once its stamps are acknowledged. */
  private record End(
      RecordChangeEvent<SourceRecord> event,
      Lsn lsn,
      Instant committed,
      Map<String, Stamp> sent,
      Optional<Instant> marker) {}

  private record Source(String xid, Lsn lsn, Instant ts, String origin) {}

  private final String source;
  private final Map<String, Stamp> releasedBefore;
  private final Routes routes;
  private final Publisher publisher;
  private final Surroundings surroundings;
  private final Transactions transactions;
  private final Map<String, TopicRecord> held = new HashMap<>();
  private final Deque<End> ends = new ArrayDeque<>();

  private final Descriptions descriptions = new Descriptions();

  private Optional<SourceRecord> movedAway = Optional.empty();
  private Optional<Instant> lastMarker = Optional.empty();
  private boolean started;
  private boolean streams;
  private long releasedAt = System.nanoTime();
  private long changes;

  /**
   * @param transactions where the slot was released
   * @param releasedBefore the last record of each topic that will not be delivered again
   */
  Stream(
      String source,
      Transactions transactions,
      Map<String, Stamp> releasedBefore,
      Routes routes,
      Publisher publisher,
      Surroundings surroundings) {
    this.source = source;
    this.releasedBefore = releasedBefore;
    this.routes = routes;
    this.publisher = publisher;
    this.surroundings = surroundings;
    this.transactions = transactions;
  }

  @Override
  public void handleBatch(
      List<RecordChangeEvent<SourceRecord>> batch,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    if (!started) {
      surroundings.checkAgain();
      start();
    }
    boolean described = false;
    for (RecordChangeEvent<SourceRecord> event : batch) {
      described |= descriptions.isNew(event.record());
    }
    if (described) {
      surroundings.checkShapes();
    }
    Optional<End> last = Optional.empty();
    for (RecordChangeEvent<SourceRecord> event : batch) {
      Optional<End> end = take(event);
      if (end.isPresent()) {
        last = end;
      }
    }
    last.ifPresent(ends::addLast); // one a batch: how many may wait is bounded
    if (!streams && !transactions.again()) {
      streams = true;
      surroundings.streams();
    }
    surroundings.progress(changes);
    changes = 0;
    release(committer, batch.size() < SMALL && ends.size() <= FEW);
  }

  private void start() {
    started = true;
    for (String topic : routes.topics()) {
      var start =
          new GenerationStart(
              source,
              transactions.epoch(),
              Optional.ofNullable(releasedBefore.get(topic)),
              false,
              routes.shapes(topic),
              Instant.now());
      publisher.send(topic, start, true);
    }
  }

  private Optional<End> take(RecordChangeEvent<SourceRecord> event) {
    SourceRecord record = event.record();
    Struct value = (Struct) record.value();
    if (value.schema().field("status") != null) {
      String id = value.getString("id");
      int colon = id.indexOf(':'); // "xid:lsn", of which only the xid stays the same
      String xid = colon < 0 ? id : id.substring(0, colon);
      if (value.getString("status").equals("BEGIN")) {
        transactions.begin(xid);
        return Optional.empty();
      }
      return end(event, xid);
    }
    if (value.getString("op").equals("m")) {
      marker(value);
    } else {
      change(record, value);
    }
    return Optional.empty();
  }

  private Optional<End> end(RecordChangeEvent<SourceRecord> event, String xid) {
    if (movedAway.isPresent()) {
      throw new IllegalStateException(
          "transaction " + xid + " ends between the two halves of a change of a primary key");
    }
    Map<String, ?> offset = event.record().sourceOffset();
    if (!(offset.get("lsn_commit") instanceof Long lsn)
        || !(offset.get("ts_usec") instanceof Long micros)) {
      throw new IllegalStateException("END of transaction " + xid + " lacks its LSN or its time");
    }
    transactions.end(xid, new Lsn(lsn), instant(micros));
    if (transactions.again()) {
      // The log may be another one. What comes again is one transaction in the topics, which is
      // complete, and released, with the END that was captured last.
      return Optional.empty();
    }
    held.forEach((topic, record) -> publisher.send(topic, record, true));
    held.clear();
    return Optional.of(new End(event, new Lsn(lsn), instant(micros), publisher.sent(), lastMarker));
  }

  private void marker(Struct value) {
    if (value.getStruct("source").getInt64("txId") == null) {
      // anybody may write one, outside of transactions and so without a place in their order
      LOG.warn("a message with the prefix {} is not transactional and is left out", Marker.PREFIX);
      return;
    }
    Source from = source(value);
    Position position = transactions.row(from.xid(), from.lsn());
    Struct message = value.getStruct("message");
    if (!message.getString("prefix").equals(Marker.PREFIX)) {
      return;
    }
    ByteBuffer content = ByteBuffer.wrap(message.getBytes("content"));
    Marker marker;
    try {
      JsonNode json = JSON.readTree(StandardCharsets.UTF_8.decode(content).toString());
      marker =
          new Marker(
              json.path("id").asText(),
              Marker.Kind.valueOf(json.path("kind").asText().toUpperCase(Locale.ROOT)),
              position,
              Instant.parse(json.path("ts").asText()));
    } catch (JsonProcessingException | RuntimeException e) {
      LOG.warn("a message with the prefix {} is not a marker and is left out", Marker.PREFIX);
      return;
    }
    routes.topics().forEach(topic -> hold(topic, marker));
    lastMarker = Optional.of(marker.ts());
  }

  /**
   * A changed primary key comes as a delete of the old one and a create of the new one. They go on
   * in the other order: whoever applies them finds the old row's values while it is still there.
   */
  private void change(SourceRecord record, Struct value) {
    Header newKey = record.headers().lastWithName(NEW_KEY);
    Header oldKey = record.headers().lastWithName(OLD_KEY);
    if ((oldKey != null) != movedAway.isPresent()) {
      throw new IllegalStateException("a change of a primary key came without its other half");
    } else if (newKey != null) {
      movedAway = Optional.of(record);
      return;
    }
    emit(record, value, oldKey == null ? Optional.empty() : Optional.of((Struct) oldKey.value()));
    if (movedAway.isPresent()) {
      SourceRecord delete = movedAway.get();
      movedAway = Optional.empty();
      emit(delete, (Struct) delete.value(), Optional.empty());
    }
  }

  private void emit(SourceRecord record, Struct value, Optional<Struct> oldKey) {
    Source from = source(value);
    Position position = transactions.row(from.xid(), from.lsn());
    Struct block = value.getStruct("source");
    var table = new TableName(block.getString("schema"), block.getString("table"));
    ChangeEvent.Op op = ChangeEvent.Op.of(value.getString("op"));
    for (Routes.Route route : routes.of(table)) {
      Row key = op == ChangeEvent.Op.TRUNCATE ? Row.EMPTY : route.key((Struct) record.key());
      Row before = oldKey.map(route::key).orElse(Row.EMPTY);
      Struct after = value.getStruct("after");
      hold(
          route.topic(),
          new ChangeEvent(
              op,
              table,
              key,
              before,
              after == null ? Row.EMPTY : route.row(after),
              position,
              from.xid(),
              from.ts(),
              from.origin()));
    }
  }

  private void hold(String topic, TopicRecord record) {
    TopicRecord before = held.put(topic, record);
    if (before != null) {
      publisher.send(topic, before, false);
    }
    changes++;
  }

  /**
   * @param quiet whether little came: then the next batch may be a heartbeat away, and so long the
   *     source would keep its log, and the lag seem to be, if the answer were not waited for
   */
  private void release(RecordCommitter<RecordChangeEvent<SourceRecord>> committer, boolean quiet)
      throws InterruptedException {
    if (ends.isEmpty() || System.nanoTime() - releasedAt < BETWEEN_RELEASES.toNanos()) {
      return;
    }
    if (quiet) {
      publisher.awaitAcknowledgedBriefly(ends.peekLast().sent(), ACKNOWLEDGED);
    }
    Optional<End> last = Optional.empty();
    while (!ends.isEmpty() && publisher.acknowledged(ends.peekFirst().sent())) {
      last = Optional.of(ends.removeFirst());
    }
    if (last.isPresent()) {
      End end = last.get();
      // 1. The control database knows. 2. The source may forget. The other way round, a slot that
      // was
      // released and a memory that is older would look like a gap.
      surroundings.published(end.lsn(), end.committed(), end.sent(), end.marker());
      committer.markProcessed(end.event());
      committer.markBatchFinished();
      releasedAt = System.nanoTime();
    }
  }

  private static Source source(Struct value) {
    Struct block = value.getStruct("source");
    Long xid = block.getInt64("txId");
    Long lsn = block.getInt64("lsn");
    if (xid == null || lsn == null) {
      throw new IllegalStateException("a change lacks its transaction or its LSN");
    }
    Object origin = block.schema().field("origin") == null ? null : block.get("origin");
    return new Source(
        xid.toString(),
        new Lsn(lsn),
        instant(block.getInt64("ts_us")),
        origin == null ? "" : origin.toString());
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, java.time.temporal.ChronoUnit.MICROS);
  }
}
