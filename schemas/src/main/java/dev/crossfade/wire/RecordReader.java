package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Reads keys and values as {@link WireFormat} says, one after another. What records have in common,
 * as the names of tables and columns, or the id of a transaction, those that one reader has read
 * share, so that many of them fit into little memory. For one thread at a time.
 */
public final class RecordReader {
  private final Map<String, Table> known = new HashMap<>();
  private final Documents documents = new Documents();
  private final Row.Builder rows = Row.builder(0);
  private String lastTx = "";
  private TimeText lastTime = TimeText.EPOCH;
  private String lastBaseText = Lsn.ZERO.toString();
  private Lsn lastBase = Lsn.ZERO;

  /** What the records of a table have in common: its name, and the columns of the last one. */
  private static final class Table {
    final TableName name;
    Row.Columns key = Row.Columns.NONE;
    Row.Columns before = Row.Columns.NONE;
    Row.Columns after = Row.Columns.NONE;

    Table(String name) {
      this.name = TableName.parse(name);
    }
  }

  /**
   * Reads one record.
   *
   * @throws WireException which says the field that is wrong, and how
   */
  public TopicRecord read(byte[] key, byte[] value) {
    try {
      return decode(key, value);
    } catch (IOException | RuntimeException e) {
      return alone(key, value);
    }
  }

  /** What is wrong, and where, is said as if there were no records before. */
  private static TopicRecord alone(byte[] key, byte[] value) {
    try {
      return new RecordReader().decode(key, value);
    } catch (IOException | RuntimeException e) {
      throw new WireException("not a record of Crossfade: " + e.getMessage(), e);
    }
  }

  private TopicRecord decode(byte[] key, byte[] value) throws IOException {
    Fields fields = new Fields();
    documents.read(
        value,
        "the value",
        json -> {
          while (json.nextToken() == JsonToken.FIELD_NAME) {
            fields.take(json);
          }
        });
    if (fields.version < 1 || fields.version > WireFormat.VERSION) {
      throw new IllegalArgumentException(
          "v is " + fields.version + ", this release reads 1 to " + WireFormat.VERSION);
    }
    return switch (fields.op) {
      case "marker" ->
          new Marker(
              fields.id,
              Marker.Kind.valueOf(fields.kind.toUpperCase(Locale.ROOT)),
              fields.position,
              time(fields.ts));
      case "generation" ->
          new GenerationStart(
              fields.source,
              fields.epoch,
              fields.released,
              fields.load,
              fields.tables,
              time(fields.ts));
      case "load-end" -> new LoadEnd(fields.epoch, fields.rows, time(fields.ts));
      default -> change(key, fields);
    };
  }

  private ChangeEvent change(byte[] key, Fields fields) throws IOException {
    Table table =
        fields.table.orElseThrow(
            () -> new IllegalArgumentException("a change does not say of which table"));
    Row row = readKey(key, table.key);
    table.key = row.columns();
    if (!fields.before.isEmpty()) {
      table.before = fields.before.columns();
    }
    if (!fields.after.isEmpty()) {
      table.after = fields.after.columns();
    }
    return new ChangeEvent(
        ChangeEvent.Op.of(fields.op),
        table.name,
        row,
        fields.before,
        fields.after,
        fields.position,
        fields.tx,
        time(fields.ts),
        fields.origin);
  }

  private Instant time(String text) {
    if (!text.equals(lastTime.text())) {
      lastTime = TimeText.parse(text);
    }
    return lastTime.instant();
  }

  private Row readKey(byte[] key, Row.Columns expected) throws IOException {
    var row = new AtomicReference<>(Row.EMPTY);
    documents.read(
        key,
        "the key",
        json -> {
          while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            if (field.equals("key")) {
              row.set(readRow(json, expected));
            } else {
              json.skipChildren();
            }
          }
        });
    return row.get();
  }

  private Row readRow(JsonParser json) throws IOException {
    return readRow(json, Row.Columns.NONE);
  }

  private Row readRow(JsonParser json, Row.Columns expected) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return Row.EMPTY;
    }
    expect(json.currentToken(), JsonToken.START_OBJECT, "a row");
    Row.Builder row = rows.begin(expected);
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      switch (json.nextToken()) {
        case VALUE_NULL -> row.text(name, null);
        case VALUE_STRING -> value(row, name, json, false);
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT, VALUE_TRUE, VALUE_FALSE ->
            value(row, name, json, true);
        default ->
            throw new IllegalArgumentException(
                "column " + name + " is neither a string, a number, a boolean nor null");
      }
    }
    return row.build();
  }

  private static void value(Row.Builder row, String name, JsonParser json, boolean isBare)
      throws IOException {
    row.value(name, json.getTextCharacters(), json.getTextOffset(), json.getTextLength(), isBare);
  }

  private static void expect(JsonToken found, JsonToken expected, String what) {
    if (found != expected) {
      throw new IllegalArgumentException(what + " is " + found + ", expected " + expected);
    }
  }

  /** The fields of a value as they come, whatever the kind; the kind decides which it needs. */
  private final class Fields {
    int version;
    String op = "";
    Optional<Table> table = Optional.empty();
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
        case "table" -> table = Optional.of(known.computeIfAbsent(json.getText(), Table::new));
        case "before" -> before = readRow(json, table.map(t -> t.before).orElse(Row.Columns.NONE));
        case "after" -> after = readRow(json, table.map(t -> t.after).orElse(Row.Columns.NONE));
        case "position" -> position = readPosition(json);
        case "tx" -> tx = readTx(json);
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

    private String readTx(JsonParser json) throws IOException {
      String text = textOrEmpty(json);
      if (!text.equals(lastTx)) {
        lastTx = text;
      }
      return lastTx;
    }

    private static String textOrEmpty(JsonParser json) throws IOException {
      return json.currentToken() == JsonToken.VALUE_NULL ? "" : json.getText();
    }

    private Position readPosition(JsonParser json) throws IOException {
      expect(json.currentToken(), JsonToken.START_OBJECT, "position");
      int at = -1;
      Lsn base = null;
      Lsn lsn = null;
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "epoch" -> {
            expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT, "epoch");
            at = json.getIntValue();
          }
          case "base" -> base = base(json.getText());
          case "lsn" -> lsn = Lsn.parse(json.getText());
          default -> json.skipChildren();
        }
      }
      if (at < 0 || base == null || lsn == null) {
        throw new IllegalArgumentException("position lacks its epoch, its base or its lsn");
      }
      return new Position(at, base, lsn);
    }

    private Lsn base(String text) {
      if (!text.equals(lastBaseText)) {
        lastBase = Lsn.parse(text);
        lastBaseText = text;
      }
      return lastBase;
    }

    private Optional<Stamp> readStamp(JsonParser json) throws IOException {
      Row row = readRow(json);
      return row.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Stamp(
                  Long.parseLong(row.get("generation")), Long.parseLong(row.get("sequence"))));
    }

    private List<TableShape> readTables(JsonParser json) throws IOException {
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
}
