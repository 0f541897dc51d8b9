package dev.crossfade.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TopicRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The wire format against its published schema, and against records as each past version wrote
 * them: files under {@code wire/} are never changed, a new version adds a folder.
 */
class WireFormatTest {
  private static String file(String name) throws IOException {
    try (InputStream in = WireFormatTest.class.getResourceAsStream("/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Schema schema() throws IOException {
    return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
        .getSchema(file("crossfade-record.schema.json"), InputFormat.JSON);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"update", "moved", "delete", "truncate", "marker", "generation", "load-end"})
  void everyRecordOfVersion1IsReadWrittenAndValid(String name) throws IOException {
    String key = file("wire/v1/" + name + ".key.json");
    String value = file("wire/v1/" + name + ".json");
    TopicRecord topicRecord = WireFormat.read(bytes(key), bytes(value));
    String written = new String(WireFormat.value(topicRecord), StandardCharsets.UTF_8);
    assertEquals(value, written);
    assertEquals(key, new String(WireFormat.key(topicRecord), StandardCharsets.UTF_8));
    assertEquals(List.of(), List.copyOf(schema().validate(written, InputFormat.JSON)));
  }

  @Test
  void theSchemaRefusesWhatIsNoRecord() throws IOException {
    assertFalse(schema().validate("{\"v\":1,\"op\":\"u\"}", InputFormat.JSON).isEmpty());
    String update = file("wire/v1/update.json");
    assertFalse(
        schema().validate(update.replace("\"0/16B3748\"", "23"), InputFormat.JSON).isEmpty());
  }

  @Test
  void absentAndNullAreNotTheSame() throws IOException {
    var change =
        (ChangeEvent)
            WireFormat.read(
                bytes(file("wire/v1/update.key.json")), bytes(file("wire/v1/update.json")));
    assertTrue(change.after().has("discount"));
    assertEquals(null, change.after().get("discount"));
    assertFalse(change.after().has("shipping_address"));
    assertEquals("119.90", change.after().get("total"));
  }

  @Test
  void unknownFieldsAreSkippedAndAnUnknownVersionIsNot() throws IOException {
    byte[] key = bytes(file("wire/v1/update.key.json"));
    String update = file("wire/v1/update.json");
    WireFormat.read(key, bytes(update.replace("\"tx\":", "\"new\":{\"a\":[1]},\"tx\":")));
    var refused =
        assertThrows(
            WireException.class,
            () -> WireFormat.read(key, bytes(update.replace("\"v\":1", "\"v\":2"))));
    assertTrue(refused.getMessage().contains("v is 2"), refused.getMessage());
  }

  @Test
  void aKeyIsCanonical() {
    Row key = Row.builder(2).bare("order_no", "7").text("line", "ä\"").build();
    assertEquals("{\"order_no\":7,\"line\":\"ä\\\"\"}", WireFormat.canonical(key));
  }

  /** Stores remember deleted rows by it: a release that writes another text forgets them. */
  @Test
  void aKeyWithACharacterBeyondTheFirstPlaneStaysAsItWas() {
    Row key = Row.builder(1).text("id", "🍐").build();
    assertEquals("{\"id\":\"\\uD83C\\uDF50\"}", WireFormat.canonical(key));
  }

  /** So are the bytes of a key in Kafka, of names too; a value has them as they are. */
  @Test
  void namesWithSuchACharacterAreReadAsTheyWereWritten() {
    Row row = Row.builder(2).text("🍐", "🍎").bare("n🍐", "1").build();
    var change =
        new ChangeEvent(
            ChangeEvent.Op.CREATE,
            new TableName("public", "🍐"),
            row,
            Row.EMPTY,
            row,
            new Position(1, new Lsn(100), new Lsn(110)),
            "7",
            Instant.EPOCH,
            "");
    String pear = "\\uD83C\\uDF50";
    assertEquals(
        "{\"table\":\"public.%1$s\",\"key\":{\"%1$s\":\"\\uD83C\\uDF4E\",\"n%1$s\":1}}"
            .formatted(pear),
        new String(WireFormat.key(change), StandardCharsets.UTF_8));
    assertEquals(change, WireFormat.read(WireFormat.key(change), WireFormat.value(change)));
  }

  /** Whatever the records before it were, of which it may share something. */
  @Test
  void aReaderGoesOnBehindWhatIsNoRecord() {
    var reader = new RecordReader();
    var random = new Random(11);
    for (int i = 0; i < 500; i++) {
      ChangeEvent change = change(random);
      byte[] key = WireFormat.key(change);
      byte[] value = WireFormat.value(change);
      byte[] part = Arrays.copyOf(random.nextBoolean() ? value : key, random.nextInt(key.length));
      byte[] first = random.nextBoolean() ? key : part;
      byte[] second = first == key || random.nextBoolean() ? part : value;
      WireException alone = assertThrows(WireException.class, () -> WireFormat.read(first, second));
      WireException among = assertThrows(WireException.class, () -> reader.read(first, second));
      assertEquals(alone.getMessage(), among.getMessage());
      byte[] more = Arrays.copyOf(value, value.length + 1 + random.nextInt(20)); // zeros follow
      assertEquals(change, reader.read(key, random.nextBoolean() ? more : value));
    }
  }

  @Test
  void recordsThatAreLargeComeBetweenSmallOnes() {
    var reader = new RecordReader();
    var random = new Random(13);
    for (int i = 0; i < 200; i++) {
      ChangeEvent change = change(random);
      Row large =
          Row.builder(2).text("id", "1").text("text", "ü".repeat(random.nextInt(30_000))).build();
      ChangeEvent one =
          random.nextBoolean()
              ? change
              : new ChangeEvent(
                  ChangeEvent.Op.CREATE,
                  change.table(),
                  large,
                  Row.EMPTY,
                  large,
                  change.position(),
                  change.tx(),
                  change.ts(),
                  change.origin());
      assertEquals(one, reader.read(WireFormat.key(one), WireFormat.value(one)));
    }
  }

  @Test
  void aTimeIsReadAsTheJdkReadsIt() {
    var random = new Random(17);
    for (int i = 0; i < 20_000; i++) {
      long seconds = random.nextLong(-80_000_000_000L, 260_000_000_000L);
      int nanos = random.nextInt(1_000_000_000);
      int kept = List.of(1, 1_000, 1_000_000, 1_000_000_000).get(random.nextInt(4));
      String text = Instant.ofEpochSecond(seconds, nanos / kept * kept).toString();
      if (random.nextInt(3) == 0) { // with a character that may be wrong
        int at = random.nextInt(text.length());
        char other = "0123456789:-.TZ+ ".charAt(random.nextInt(17));
        text = text.substring(0, at) + other + text.substring(at + 1);
      }
      assertEquals(
          timeOrNone(text, Instant::parse),
          timeOrNone(text, t -> TimeText.parse(t).instant()),
          text);
    }
  }

  private static Optional<Instant> timeOrNone(String text, Function<String, Instant> parser) {
    try {
      return Optional.of(parser.apply(text));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  @Test
  void aReaderOfManyReadsEachAsIfItWereAlone() {
    var reader = new RecordReader();
    var random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      ChangeEvent change = change(random);
      assertEquals(change, reader.read(WireFormat.key(change), WireFormat.value(change)));
    }
  }

  private static ChangeEvent change(Random random) {
    TableName table = TableName.parse(random.nextBoolean() ? "orders" : "shop.items");
    boolean update = random.nextBoolean();
    Row key = Row.builder(1).bare("id", Integer.toString(random.nextInt(9))).build();
    return new ChangeEvent(
        update ? ChangeEvent.Op.UPDATE : ChangeEvent.Op.DELETE,
        table,
        key,
        random.nextBoolean() ? row(random) : Row.EMPTY,
        update ? row(random) : Row.EMPTY,
        new Position(1, new Lsn(random.nextInt(3)), new Lsn(random.nextLong() >>> 1)),
        random.nextInt(4) == 0 ? "" : Integer.toString(random.nextInt(3)),
        Instant.ofEpochSecond(random.nextInt(3)),
        "");
  }

  /** Most rows have the same columns; some lack one, or have a value of another kind. */
  private static Row row(Random random) {
    var row = Row.builder(4).bare("id", Integer.toString(random.nextInt(9)));
    for (int column = 0; column < 9; column++) {
      String value = random.nextInt(5) == 0 ? null : Integer.toString(random.nextInt(99));
      if (random.nextInt(30) == 0) {
        continue;
      } else if (column % 2 == 0 ^ random.nextInt(30) == 0) {
        row.bare("c" + column, value);
      } else {
        row.text("c" + column, value);
      }
    }
    return row.build();
  }
}
