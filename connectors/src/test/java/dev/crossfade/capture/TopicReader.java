package dev.crossfade.capture;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.Row;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.wire.WireFormat;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads a topic from its beginning and keeps what a consumer may take: the numbering without holes,
 * the newest generation. An oracle that shares no code with apply.
 */
final class TopicReader {
  record Read(Stamp stamp, boolean last, TopicRecord record) {}

  private final String topic;
  final List<Read> all = new ArrayList<>();

  TopicReader(String topic) {
    this.topic = topic;
  }

  void readUntil(Predicate<Read> enough, Duration limit) {
    var settings = Fixture.kafka().client();
    long deadline = System.nanoTime() + limit.toNanos();
    try (var consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      var partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      while (System.nanoTime() < deadline) {
        boolean done = false;
        for (var record : consumer.poll(Duration.ofMillis(100))) {
          Read read = read(record);
          all.add(read);
          done |= enough.test(read);
        }
        if (done) {
          return;
        }
      }
    }
    throw new AssertionError("read " + all.size() + " records of " + topic + " in vain");
  }

  private static Read read(ConsumerRecord<byte[], byte[]> record) {
    return new Read(
        new Stamp(header(record, "generation"), header(record, "sequence")),
        record.headers().lastHeader("last") != null,
        WireFormat.read(record.key(), record.value()));
  }

  private static long header(ConsumerRecord<byte[], byte[]> record, String name) {
    return Long.parseLong(
        new String(record.headers().lastHeader(name).value(), StandardCharsets.US_ASCII));
  }

  List<ChangeEvent> changes() {
    return all.stream()
        .filter(read -> read.record() instanceof ChangeEvent)
        .map(read -> (ChangeEvent) read.record())
        .toList();
  }

  List<ChangeEvent> streamed() {
    return changes().stream().filter(c -> c.op() != ChangeEvent.Op.READ).toList();
  }

  /**
   * Applies everything as DESIGN says: only sequence + 1 or a new generation, an unfinished
   * transaction is dropped with its generation, a row only if its position is newer.
   */
  Map<String, Row> mirror() {
    var rows = new TreeMap<String, Row>();
    var positions = new TreeMap<String, dev.crossfade.event.Position>();
    var open = new ArrayList<ChangeEvent>();
    Stamp applied = null;
    Stamp finished = null;
    for (Read read : all) {
      boolean next =
          applied != null
              && read.stamp().generation() == applied.generation()
              && read.stamp().sequence() == applied.sequence() + 1;
      boolean newer =
          read.stamp().sequence() == 0
              && (applied == null || read.stamp().generation() > applied.generation());
      if (!next && !newer) {
        continue;
      }
      if (newer) {
        open.clear();
        GenerationStart start = (GenerationStart) read.record();
        if (start.released().isPresent()
            && (finished == null || finished.compareTo(start.released().get()) < 0)) {
          throw new AssertionError("released " + start.released() + ", applied only " + finished);
        }
      }
      applied = read.stamp();
      if (read.record() instanceof ChangeEvent change) {
        if (change.op() == ChangeEvent.Op.READ) {
          apply(change, rows, positions);
        } else {
          open.add(change);
        }
      }
      if (read.last()) {
        open.forEach(change -> apply(change, rows, positions));
        open.clear();
        finished = applied;
      }
    }
    return rows;
  }

  private static void apply(
      ChangeEvent change,
      Map<String, Row> rows,
      Map<String, dev.crossfade.event.Position> positions) {
    if (change.op() == ChangeEvent.Op.TRUNCATE) {
      rows.keySet().removeIf(key -> key.startsWith(change.table().toString()));
      return;
    }
    String key = change.table() + WireFormat.canonical(change.key());
    var before = positions.get(key);
    if (before != null && change.position().compareTo(before) <= 0) {
      return;
    }
    positions.put(key, change.position());
    if (change.op() == ChangeEvent.Op.DELETE) {
      rows.remove(key);
      return;
    }
    Row old =
        rows.getOrDefault(
            change.moved() ? change.table() + WireFormat.canonical(change.before()) : key,
            Row.EMPTY);
    var merged = Row.builder(8);
    for (String name : change.after().names()) {
      merged.text(name, change.after().get(name));
    }
    for (String name : old.names()) {
      if (!change.after().has(name)) {
        merged.text(name, old.get(name));
      }
    }
    rows.put(key, merged.build());
  }
}
