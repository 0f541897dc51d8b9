package dev.crossfade.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.Lsn;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.store.Elements.Type;
import java.nio.charset.StandardCharsets;
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
    var printed = new ArrayList<String>();
    try (PreparedStatement ask =
        store
            .connection()
            .prepareStatement("select pg_typeof(a), a::text[] from (select ? as a) x")) {
      ask.setArray(1, elements.array(store.connection()));
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
      elements.text(i % 2 == 0 ? uuid : uuid.toUpperCase(java.util.Locale.ROOT).replace("-", ""));
      wanted.add(uuid);
    }
    elements.none();
    wanted.add(null);
    assertEquals(wanted, printed(elements));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "00000000-0000-0000-0000-00000000000",
        "00000000-0000-0000-0000-0000000000000",
        "00000000-0000-0000-0000-00000000000g",
        "0-000000-0000-0000-0000-000000000000a",
        "00000000-0000-0000-0000-00000000000\u0000"
      })
  void whatIsNoUuidIsRefusedAndNotTold(String text) {
    var elements = new Elements(Type.UUID, 1);
    var refused = assertThrows(IllegalArgumentException.class, () -> elements.text(text));
    assertTrue(refused.getMessage().startsWith("not a uuid of 32 hexadecimal digits"));
    assertFalse(text.length() > 1 && refused.getMessage().contains(text));
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
