package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.event.TopicRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Writes keys and values as {@link WireFormat} says, one after another: each thread has a
 * generator, which costs as much to make as a small document to write.
 */
final class RecordWriter {
  private static final ThreadLocal<RecordWriter> WRITERS =
      ThreadLocal.withInitial(RecordWriter::new);

  // Encoded once: of a small record, its names are much of what is written.
  private static final SerializableString V = encoded("v");
  private static final SerializableString OP = encoded("op");
  private static final SerializableString TABLE = encoded("table");
  private static final SerializableString KEY = encoded("key");
  private static final SerializableString BEFORE = encoded("before");
  private static final SerializableString AFTER = encoded("after");
  private static final SerializableString POSITION = encoded("position");
  private static final SerializableString EPOCH = encoded("epoch");
  private static final SerializableString BASE = encoded("base");
  private static final SerializableString LSN = encoded("lsn");
  private static final SerializableString TX = encoded("tx");
  private static final SerializableString TS = encoded("ts");
  private static final SerializableString ORIGIN = encoded("origin");

  private final Written written = new Written();
  private final JsonGenerator json;
  private final Row.Utf8<IOException> string;
  private final Map<TableName, SerializableString> tables = new HashMap<>();
  private final Map<String, SerializableString> columns = new HashMap<>();

  private TimeText lastTime = TimeText.EPOCH;
  private String lastBaseText = Lsn.ZERO.toString();
  private Lsn lastBase = Lsn.ZERO;

  private RecordWriter() {
    try {
      json = WireFormat.JSON.createGenerator(written);
      json.setRootValueSeparator(null); // each document is taken when it is written
      string = json::writeUTF8String;
    } catch (IOException e) {
      throw new UncheckedIOException("writing JSON to memory", e);
    }
  }

  static byte[] key(TopicRecord topicRecord) {
    return write(writer -> writer.writeKey(topicRecord));
  }

  static String canonical(Row key) {
    return new String(write(writer -> writer.writeKeyValues(key)), StandardCharsets.UTF_8);
  }

  static byte[] value(TopicRecord topicRecord) {
    return write(writer -> writer.writeRecord(topicRecord));
  }

  private void writeKey(TopicRecord topicRecord) throws IOException {
    if (topicRecord instanceof ChangeEvent change) {
      json.writeFieldName(TABLE);
      json.writeString(change.table().toString());
      json.writeFieldName(KEY);
      json.writeStartObject();
      writeKeyValues(change.key());
      json.writeEndObject();
    } else {
      json.writeStringField("kind", kind(topicRecord));
    }
  }

  private void writeRecord(TopicRecord topicRecord) throws IOException {
    json.writeFieldName(V);
    json.writeNumber(WireFormat.VERSION);
    json.writeFieldName(OP);
    json.writeString(kind(topicRecord));
    if (topicRecord instanceof ChangeEvent change) {
      json.writeFieldName(TABLE);
      json.writeString(tables.computeIfAbsent(change.table(), t -> encoded(t.toString())));
      writeImage(BEFORE, change.before());
      writeImage(AFTER, change.after());
      writePosition(change.position());
      writeText(TX, change.tx());
      writeTime(change.ts());
      writeText(ORIGIN, change.origin());
    } else if (topicRecord instanceof Marker marker) {
      json.writeStringField("id", marker.id());
      json.writeStringField("kind", marker.kind().name().toLowerCase(Locale.ROOT));
      writePosition(marker.position());
      writeTime(marker.ts());
    } else if (topicRecord instanceof GenerationStart start) {
      writeStart(start);
    } else if (topicRecord instanceof LoadEnd end) {
      json.writeNumberField("epoch", end.epoch());
      json.writeNumberField("rows", end.rows());
      writeTime(end.ts());
    }
  }

  private static String kind(TopicRecord topicRecord) {
    if (topicRecord instanceof ChangeEvent change) {
      return change.op().code();
    } else if (topicRecord instanceof Marker) {
      return "marker";
    } else if (topicRecord instanceof GenerationStart) {
      return "generation";
    } else {
      return "load-end";
    }
  }

  private void writeStart(GenerationStart start) throws IOException {
    json.writeStringField("source", start.source());
    json.writeNumberField("epoch", start.epoch());
    json.writeFieldName("released");
    if (start.released().isPresent()) {
      json.writeStartObject();
      json.writeNumberField("generation", start.released().get().generation());
      json.writeNumberField("sequence", start.released().get().sequence());
      json.writeEndObject();
    } else {
      json.writeNull();
    }
    json.writeBooleanField("load", start.load());
    json.writeArrayFieldStart("tables");
    for (TableShape table : start.tables()) {
      json.writeStartObject();
      json.writeStringField("name", table.name().toString());
      json.writeArrayFieldStart("columns");
      for (TableShape.Column column : table.columns()) {
        json.writeStartObject();
        json.writeStringField("name", column.name());
        json.writeStringField("type", column.type());
        json.writeBooleanField("not_null", column.notNull());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeArrayFieldStart("primary_key");
      for (String column : table.primaryKey()) {
        json.writeString(column);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    writeTime(start.ts());
  }

  private static SerializableString encoded(String name) {
    return new SerializedString(name);
  }

  private void writeTime(Instant time) throws IOException {
    if (!time.equals(lastTime.instant())) {
      lastTime = TimeText.of(time);
    }
    json.writeFieldName(TS);
    json.writeString(lastTime.text());
  }

  private void writeText(SerializableString field, String text) throws IOException {
    json.writeFieldName(field);
    if (text.isEmpty()) {
      json.writeNull();
    } else {
      json.writeString(text);
    }
  }

  private void writePosition(Position position) throws IOException {
    json.writeFieldName(POSITION);
    json.writeStartObject();
    json.writeFieldName(EPOCH);
    json.writeNumber(position.epoch());
    if (!position.base().equals(lastBase)) {
      lastBase = position.base();
      lastBaseText = lastBase.toString();
    }
    json.writeFieldName(BASE);
    json.writeString(lastBaseText);
    json.writeFieldName(LSN);
    json.writeString(position.lsn().toString());
    json.writeEndObject();
  }

  private void writeImage(SerializableString field, Row row) throws IOException {
    json.writeFieldName(field);
    if (row.isEmpty()) {
      json.writeNull();
    } else {
      writeRow(row);
    }
  }

  private void writeRow(Row row) throws IOException {
    json.writeStartObject();
    for (int i = 0; i < row.size(); i++) {
      writeValue(row, i);
    }
    json.writeEndObject();
  }

  private void writeValue(Row row, int i) throws IOException {
    json.writeFieldName(columns.computeIfAbsent(row.name(i), RecordWriter::encoded));
    writeText(row, i);
  }

  private void writeText(Row row, int i) throws IOException {
    if (row.isNull(i)) {
      json.writeNull();
    } else if (row.bare(i)) {
      json.writeRawValue(row.text(i));
    } else {
      row.utf8(i, string);
    }
  }

  /**
   * Stores remember deleted rows by the text that this makes of their keys, so it has to stay the
   * same: characters beyond U+FFFF are escaped in it, as they are in strings and not in what was
   * encoded before.
   */
  private void writeKeyValues(Row key) throws IOException {
    for (int i = 0; i < key.size(); i++) {
      json.writeFieldName(key.name(i));
      if (key.isNull(i) || key.bare(i)) {
        writeText(key, i);
      } else {
        json.writeString(key.text(i));
      }
    }
  }

  private interface Body {
    void to(RecordWriter writer) throws IOException;
  }

  private static byte[] write(Body body) {
    RecordWriter writer = WRITERS.get();
    boolean whole = false;
    try {
      writer.json.writeStartObject();
      body.to(writer);
      writer.json.writeEndObject();
      writer.json.flush();
      byte[] bytes = writer.written.take();
      whole = true;
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException("writing JSON to memory", e);
    } finally {
      if (!whole) {
        WRITERS.remove(); // it stands in the middle of a document
      }
    }
  }

  /** What a generator writes: unless it is large all at once, in an array of just that length. */
  private static final class Written extends ByteArrayOutputStream {
    private static final byte[] NOTHING = {};

    Written() {
      super(0);
    }

    byte[] take() {
      byte[] bytes = count == buf.length ? buf : toByteArray();
      buf = NOTHING;
      count = 0;
      return bytes;
    }
  }
}
