package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableShape;
import dev.crossfade.event.TopicRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Writes keys and values as {@link WireFormat} says. Safe for any thread. */
final class RecordWriter {
  private RecordWriter() {}

  static byte[] key(TopicRecord topicRecord) {
    return write(
        json -> {
          if (topicRecord instanceof ChangeEvent change) {
            json.writeStringField("table", change.table().toString());
            json.writeFieldName("key");
            writeRow(json, change.key());
          } else {
            json.writeStringField("kind", kind(topicRecord));
          }
        });
  }

  static String canonical(Row key) {
    return new String(
        write(
            json -> {
              for (int i = 0; i < key.size(); i++) {
                writeValue(json, key, i);
              }
            }),
        StandardCharsets.UTF_8);
  }

  static byte[] value(TopicRecord topicRecord) {
    return write(
        json -> {
          json.writeNumberField("v", WireFormat.VERSION);
          json.writeStringField("op", kind(topicRecord));
          if (topicRecord instanceof ChangeEvent change) {
            json.writeStringField("table", change.table().toString());
            writeImage(json, "before", change.before());
            writeImage(json, "after", change.after());
            writePosition(json, change.position());
            writeText(json, "tx", change.tx());
            json.writeStringField("ts", TimeText.of(change.ts()));
            writeText(json, "origin", change.origin());
          } else if (topicRecord instanceof Marker marker) {
            json.writeStringField("id", marker.id());
            json.writeStringField("kind", marker.kind().name().toLowerCase(Locale.ROOT));
            writePosition(json, marker.position());
            json.writeStringField("ts", TimeText.of(marker.ts()));
          } else if (topicRecord instanceof GenerationStart start) {
            writeStart(json, start);
          } else if (topicRecord instanceof LoadEnd end) {
            json.writeNumberField("epoch", end.epoch());
            json.writeNumberField("rows", end.rows());
            json.writeStringField("ts", TimeText.of(end.ts()));
          }
        });
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

  private static void writeStart(JsonGenerator json, GenerationStart start) throws IOException {
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
    json.writeStringField("ts", TimeText.of(start.ts()));
  }

  private static void writeText(JsonGenerator json, String field, String text) throws IOException {
    json.writeFieldName(field);
    if (text.isEmpty()) {
      json.writeNull();
    } else {
      json.writeString(text);
    }
  }

  private static void writePosition(JsonGenerator json, Position position) throws IOException {
    json.writeObjectFieldStart("position");
    json.writeNumberField("epoch", position.epoch());
    json.writeStringField("base", position.base().toString());
    json.writeStringField("lsn", position.lsn().toString());
    json.writeEndObject();
  }

  private static void writeImage(JsonGenerator json, String field, Row row) throws IOException {
    json.writeFieldName(field);
    if (row.isEmpty()) {
      json.writeNull();
    } else {
      writeRow(json, row);
    }
  }

  private static void writeRow(JsonGenerator json, Row row) throws IOException {
    json.writeStartObject();
    for (int i = 0; i < row.size(); i++) {
      writeValue(json, row, i);
    }
    json.writeEndObject();
  }

  private static void writeValue(JsonGenerator json, Row row, int i) throws IOException {
    json.writeFieldName(row.name(i));
    String text = row.text(i);
    if (text == null) {
      json.writeNull();
    } else if (row.bare(i)) {
      json.writeRawValue(text);
    } else {
      json.writeString(text);
    }
  }

  private interface Body {
    void to(JsonGenerator json) throws IOException;
  }

  private static byte[] write(Body body) {
    var written = new Written();
    try (JsonGenerator json = WireFormat.JSON.createGenerator(written)) {
      json.writeStartObject();
      body.to(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing JSON to memory", e);
    }
    return written.bytes();
  }

  /** What a generator writes: unless it is large all at once, in an array of just that length. */
  private static final class Written extends ByteArrayOutputStream {
    Written() {
      super(0);
    }

    byte[] bytes() {
      return count == buf.length ? buf : toByteArray();
    }
  }
}
