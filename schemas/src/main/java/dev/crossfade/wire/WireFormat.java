package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.event.TopicRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Writes and reads the keys and values of topic records, version 1. A change is
 *
 * <pre>{"v":1,"op":"u","table":"public.t","before":null,"after":{…},
 *  "position":{"epoch":1,"base":"0/1","lsn":"0/2"},"tx":"771","ts":"…","origin":null}</pre>
 *
 * Numbers and booleans of the source are JSON's, everything else is the source's text, a column
 * that is absent is unchanged. Unknown fields are skipped. Safe for any thread.
 */
public final class WireFormat {
  /** Headers of a Kafka record, values in decimal ASCII; {@link #LAST} is present or absent. */
  public static final String GENERATION = "generation";

  public static final String SEQUENCE = "sequence";

  /** Marks the last record of a transaction in this topic; its value is {@code 1}. */
  public static final String LAST = "last";

  private static final int VERSION = 1;

  /** A value may be as large as a record; how large that is, the topic says. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  /** A time and its text. The changes of a transaction have one, and come one after another. */
  private record Time(Instant instant, String text) {}

  private static volatile Time lastWritten = new Time(Instant.EPOCH, Instant.EPOCH.toString());
  private static volatile Time lastRead = lastWritten;

  private WireFormat() {}

  private static String text(Instant instant) {
    Time last = lastWritten;
    if (!last.instant().equals(instant)) {
      last = new Time(instant, instant.toString());
      lastWritten = last;
    }
    return last.text();
  }

  private static Instant instant(String text) {
    Time last = lastRead;
    if (!last.text().equals(text)) {
      last = new Time(Instant.parse(text), text);
      lastRead = last;
    }
    return last.instant();
  }

  /** The key of a record: table and primary key for a change of a row, else the record's kind. */
  public static byte[] key(TopicRecord topicRecord) {
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

  /** A primary key in canonical JSON: the columns in key order, no white space. */
  public static String canonical(Row key) {
    return new String(
        write(
            json -> {
              for (int i = 0; i < key.size(); i++) {
                writeValue(json, key, i);
              }
            }),
        java.nio.charset.StandardCharsets.UTF_8);
  }

  public static byte[] value(TopicRecord topicRecord) {
    return write(
        json -> {
          json.writeNumberField("v", VERSION);
          json.writeStringField("op", kind(topicRecord));
          if (topicRecord instanceof ChangeEvent change) {
            json.writeStringField("table", change.table().toString());
            writeImage(json, "before", change.before());
            writeImage(json, "after", change.after());
            writePosition(json, change.position());
            writeText(json, "tx", change.tx());
            json.writeStringField("ts", text(change.ts()));
            writeText(json, "origin", change.origin());
          } else if (topicRecord instanceof Marker marker) {
            json.writeStringField("id", marker.id());
            json.writeStringField("kind", marker.kind().name().toLowerCase(Locale.ROOT));
            writePosition(json, marker.position());
            json.writeStringField("ts", marker.ts().toString());
          } else if (topicRecord instanceof GenerationStart start) {
            writeStart(json, start);
          } else if (topicRecord instanceof LoadEnd end) {
            json.writeNumberField("epoch", end.epoch());
            json.writeNumberField("rows", end.rows());
            json.writeStringField("ts", end.ts().toString());
          }
        });
  }

  /** Reads one record; throws WireException that says which field is wrong and how. */
  public static TopicRecord read(byte[] key, byte[] value) {
    try {
      Fields fields = new Fields();
      try (JsonParser json = JSON.createParser(value)) {
        expect(json.nextToken(), JsonToken.START_OBJECT, "the value");
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          fields.take(json);
        }
      }
      if (fields.version < 1 || fields.version > VERSION) {
        throw new IllegalArgumentException(
            "v is " + fields.version + ", this release reads 1 to " + VERSION);
      }
      return switch (fields.op) {
        case "marker" ->
            new Marker(
                fields.id,
                Marker.Kind.valueOf(fields.kind.toUpperCase(Locale.ROOT)),
                fields.position,
                Instant.parse(fields.ts));
        case "generation" ->
            new GenerationStart(
                fields.source,
                fields.epoch,
                fields.released,
                fields.load,
                fields.tables,
                Instant.parse(fields.ts));
        case "load-end" -> new LoadEnd(fields.epoch, fields.rows, Instant.parse(fields.ts));
        default ->
            new ChangeEvent(
                ChangeEvent.Op.of(fields.op),
                TableName.parse(fields.table),
                readKey(key),
                fields.before,
                fields.after,
                fields.position,
                fields.tx,
                instant(fields.ts),
                fields.origin);
      };
    } catch (IOException | RuntimeException e) {
      throw new WireException("not a record of Crossfade: " + e.getMessage(), e);
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
    json.writeStringField("ts", start.ts().toString());
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

  private static Row readKey(byte[] key) throws IOException {
    try (JsonParser json = JSON.createParser(key)) {
      expect(json.nextToken(), JsonToken.START_OBJECT, "the key");
      Row row = Row.EMPTY;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        if (field.equals("key")) {
          row = readRow(json);
        } else {
          json.skipChildren();
        }
      }
      return row;
    }
  }

  private static Row readRow(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return Row.EMPTY;
    }
    expect(json.currentToken(), JsonToken.START_OBJECT, "a row");
    var row = Row.builder(16);
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      switch (json.nextToken()) {
        case VALUE_NULL -> row.text(name, null);
        case VALUE_STRING -> row.text(name, json.getText());
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE ->
            row.bare(name, json.getText());
        default ->
            throw new IllegalArgumentException(
                "column " + name + " is neither a string, a number, a boolean nor null");
      }
    }
    return row.build();
  }

  private static void expect(JsonToken found, JsonToken expected, String what) {
    if (found != expected) {
      throw new IllegalArgumentException(what + " is " + found + ", expected " + expected);
    }
  }

  /** The fields of a value as they come, whatever the kind; the kind decides which it needs. */
  private static final class Fields {
    int version;
    String op = "";
    String table = "";
    Row before = Row.EMPTY;
    Row after = Row.EMPTY;
    Position position;
    String tx = "";
    String ts = "";
    String origin = "";
    String id = "";
    String kind = "";
    String source = "";
    int epoch;
    long rows;
    boolean load;
    Optional<Stamp> released = Optional.empty();
    List<TableShape> tables = List.of();

    void take(JsonParser json) throws IOException {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "v" -> version = json.getIntValue();
        case "op" -> op = json.getText();
        case "table" -> table = json.getText();
        case "before" -> before = readRow(json);
        case "after" -> after = readRow(json);
        case "position" -> position = readPosition(json);
        case "tx" -> tx = textOrEmpty(json);
        case "ts" -> ts = json.getText();
        case "origin" -> origin = textOrEmpty(json);
        case "id" -> id = json.getText();
        case "kind" -> kind = json.getText();
        case "source" -> source = json.getText();
        case "epoch" -> epoch = json.getIntValue();
        case "rows" -> rows = json.getLongValue();
        case "load" -> load = json.getBooleanValue();
        case "released" -> released = readStamp(json);
        case "tables" -> tables = readTables(json);
        default -> json.skipChildren();
      }
    }

    private static String textOrEmpty(JsonParser json) throws IOException {
      return json.currentToken() == JsonToken.VALUE_NULL ? "" : json.getText();
    }

    private static Position readPosition(JsonParser json) throws IOException {
      Row row = readRow(json);
      return new Position(
          Integer.parseInt(row.get("epoch")),
          Lsn.parse(row.get("base")),
          Lsn.parse(row.get("lsn")));
    }

    private static Optional<Stamp> readStamp(JsonParser json) throws IOException {
      Row row = readRow(json);
      return row.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Stamp(
                  Long.parseLong(row.get("generation")), Long.parseLong(row.get("sequence"))));
    }

    private static List<TableShape> readTables(JsonParser json) throws IOException {
      var shapes = new ArrayList<TableShape>();
      expect(json.currentToken(), JsonToken.START_ARRAY, "tables");
      while (json.nextToken() == JsonToken.START_OBJECT) {
        String name = "";
        var columns = new ArrayList<TableShape.Column>();
        var primaryKey = new ArrayList<String>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String field = json.currentName();
          json.nextToken();
          switch (field) {
            case "name" -> name = json.getText();
            case "columns" -> {
              while (json.nextToken() == JsonToken.START_OBJECT) {
                Row column = readRow(json);
                columns.add(
                    new TableShape.Column(
                        column.get("name"),
                        column.get("type"),
                        Boolean.parseBoolean(column.get("not_null"))));
              }
            }
            case "primary_key" -> {
              while (json.nextToken() == JsonToken.VALUE_STRING) {
                primaryKey.add(json.getText());
              }
            }
            default -> json.skipChildren();
          }
        }
        shapes.add(new TableShape(TableName.parse(name), columns, primaryKey));
      }
      return shapes;
    }
  }

  private interface Body {
    void to(JsonGenerator json) throws IOException;
  }

  private static byte[] write(Body body) {
    try (var bytes = new ByteArrayBuilder(512)) {
      try (JsonGenerator json = JSON.createGenerator(bytes)) {
        json.writeStartObject();
        body.to(json);
        json.writeEndObject();
      }
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("writing JSON to memory", e);
    }
  }
}
