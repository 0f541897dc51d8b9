package dev.crossfade.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.Lsn;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.store.Elements.Type;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server makes of the arrays. */
class ElementsTest {
  private static StoreFixture store;

  @BeforeAll
  static void open() throws Exception {
    store = new StoreFixture();
  }

  @AfterAll
  static void close() throws Exception {
    store.close();
  }

  /** The elements as the server prints them, behind the type that it takes the array for. */
  private static List<String> printed(Elements elements) throws SQLException {
    return printed(elements.array(store.connection()));
  }

  private static List<String> printed(Array array) throws SQLException {
    var printed = new ArrayList<String>();
    try (PreparedStatement ask =
        store
            .connection()
            .prepareStatement("select pg_typeof(a), a::text[] from (select ? as a) x")) {
      ask.setArray(1, array);
      try (ResultSet row = ask.executeQuery()) {
        row.next();
        printed.add(row.getString(1));
        printed.addAll(Arrays.asList((String[]) row.getArray(2).getArray()));
      }
    }
    return printed;
  }

  @Test
  void texts() throws Exception {
    var elements = new Elements(Type.TEXT, 1);
    List<String> wanted =
        Arrays.asList("", null, "a", "{,\"\\ NULL", "NULL", "ä🍐", "x".repeat(70_000), null);
    wanted.forEach(elements::text);
    byte[] among = "<Ж>".getBytes(StandardCharsets.UTF_8);
    elements.utf8(among, 1, 2);
    List<String> printed = printed(elements);
    assertEquals("text[]", printed.get(0));
    assertEquals(wanted, printed.subList(1, 9));
    assertEquals("Ж", printed.get(9));
  }

  @Test
  void none() throws Exception {
    for (Type type : Type.values()) {
      List<String> printed = printed(new Elements(type, 0));
      assertEquals(1, printed.size(), type + ": " + printed);
      assertTrue(printed.get(0).endsWith("[]"));
    }
  }

  @Test
  void uuids() throws Exception {
    var elements = new Elements(Type.UUID, 3);
    var wanted = new ArrayList<String>(List.of("uuid[]"));
    for (int i = 0; i < 100; i++) {
      String uuid = UUID.randomUUID().toString();
      elements.text(uuid);
      wanted.add(uuid);
    }
    elements.none();
    wanted.add(null);
    assertEquals(wanted, printed(elements));
  }

  /** The server says what is one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "{}",
        "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
        "a0eebc999c0b4ef8bb6d6bb9bd380a11",
        "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
        "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
        "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
        "-a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0-eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1ä"
      })
  void aUuidIsWhatTheServerTakesForOne(String text) throws Exception {
    var elements = new Elements(Type.UUID, 1);
    String taken = null;
    try (PreparedStatement ask = store.connection().prepareStatement("select ?::uuid::text")) {
      ask.setObject(1, text, java.sql.Types.OTHER);
      try (ResultSet row = ask.executeQuery()) {
        row.next();
        taken = row.getString(1);
      }
    } catch (SQLException e) {
      assertEquals("22P02", e.getSQLState());
    }
    if (taken == null) {
      var refused = assertThrows(IllegalArgumentException.class, () -> elements.text(text));
      assertTrue(refused.getMessage().startsWith("not a uuid: a text of "), refused.getMessage());
    } else {
      elements.text(text);
      assertEquals(List.of("uuid[]", taken), printed(elements));
    }
  }

  @Test
  void textsOfAType() throws Exception {
    String uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    assertEquals(
        List.of("uuid[]", uuid), printed(Elements.of(store.connection(), "uuid", List.of(uuid))));
    assertEquals(
        Arrays.asList("text[]", "a,b", null, "{}"),
        printed(Elements.of(store.connection(), "text", Arrays.asList("a,b", null, "{}"))));
    assertEquals(
        List.of("bigint[]", "7", "-8"),
        printed(Elements.of(store.connection(), "int8", List.of("7", "-8"))));
    Array none = Elements.of(store.connection(), "uuid", List.of(uuid, "7"));
    assertEquals("22P02", assertThrows(SQLException.class, () -> printed(none)).getSQLState());
  }

  @Test
  void numbersAndTruths() throws Exception {
    var numbers = new Elements(Type.INTEGER, 0);
    numbers.integer(Integer.MIN_VALUE);
    numbers.none();
    numbers.integer(258);
    assertEquals(Arrays.asList("integer[]", "-2147483648", null, "258"), printed(numbers));
    var truths = new Elements(Type.BOOLEAN, 2);
    truths.truth(true);
    truths.truth(false);
    assertEquals(List.of("boolean[]", "true", "false"), printed(truths));
  }

  @Test
  void placesInALog() throws Exception {
    var elements = new Elements(Type.PG_LSN, 2);
    var wanted = new ArrayList<String>(List.of("pg_lsn[]"));
    for (int bit = 0; bit < 64; bit++) {
      elements.lsn(-1L << bit);
      wanted.add(new Lsn(-1L << bit).toString());
    }
    assertEquals(wanted, printed(elements));
  }

  @Test
  void anElementOfAnotherTypeIsAMistake() {
    assertThrows(IllegalStateException.class, () -> new Elements(Type.TEXT, 1).integer(1));
    assertThrows(IllegalStateException.class, () -> new Elements(Type.INTEGER, 1).text("1"));
  }
}
