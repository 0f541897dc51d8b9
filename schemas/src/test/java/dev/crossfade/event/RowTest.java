package dev.crossfade.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowTest {
  private static final String[] TEXTS = {
    null,
    "",
    "a",
    "null",
    "0123456789".repeat(9),
    "ä",
    "Ж\u0000",
    "🍐 and 🍎",
    "\uFFFF",
    "\u007F\u0080"
  };

  /** However it comes, as a string, as a part of an array, or from another row. */
  @Test
  void aRowGivesWhatWasPutIn() {
    var random = new Random(5);
    for (int n = 0; n < 3_000; n++) {
      var texts = new ArrayList<String>();
      int size = random.nextInt(20);
      var row = Row.builder(random.nextInt(3));
      for (int i = 0; i < size; i++) {
        String text = TEXTS[random.nextInt(TEXTS.length)];
        texts.add(text);
        switch (text == null ? 0 : random.nextInt(4)) {
          case 0 -> row.text("c" + i, text);
          case 2 -> {
            byte[] among = ("<" + text + ">>").getBytes(StandardCharsets.UTF_8);
            row.value("c" + i, among, 1, among.length - 3, false);
          }
          case 1 -> {
            char[] among = ("<<" + text + ">").toCharArray();
            row.value("c" + i, among, 2, text.length(), false);
          }
          default -> row.value(Row.builder(1).text("x", "y").text("c" + i, text).build(), 1);
        }
      }
      check(texts, row.build());
    }
  }

  private static void check(List<String> texts, Row row) {
    assertEquals(texts.size(), row.size());
    var plain = Row.builder(texts.size());
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      assertEquals(text, row.text(i));
      assertEquals(text == null, row.isNull(i));
      assertEquals(text, row.get("c" + i));
      if (text != null) {
        row.utf8(
            i,
            (bytes, from, length) ->
                assertEquals(text, new String(bytes, from, length, StandardCharsets.UTF_8)));
      }
      plain.text("c" + i, text);
      if (text != null && i > 0 && texts.get(i - 1) != null) {
        assertEquals(text.equals(texts.get(i - 1)), row.sameText(i, row, i - 1));
      }
    }
    Row same = plain.build();
    assertEquals(same, row);
    assertEquals(same.hashCode(), row.hashCode());
  }

  @Test
  void rowsAreToldApart() {
    Row row = Row.builder(2).text("a", "1").text("b", "").build();
    assertNotEquals(row, Row.builder(2).text("a", "1").text("b", null).build());
    assertNotEquals(row, Row.builder(2).text("a", "").text("b", "1").build());
    assertNotEquals(row, Row.builder(2).text("a", "1").text("c", "").build());
    assertNotEquals(row, Row.builder(2).bare("a", "1").text("b", "").build());
    assertNotEquals(row, row.only(List.of("a")));
    assertEquals(Row.builder(2).text("b", "").text("a", "1").build(), row.only(List.of("b", "a")));
  }

  /** Rows of one builder share pages, unless they are large, and none is written into again. */
  @Test
  void whatIsBuiltDoesNotChange() {
    var random = new Random(6);
    var builder = Row.builder(1);
    var built = new ArrayList<Row>();
    var all = new ArrayList<List<String>>();
    for (int n = 0; n < 2_000; n++) {
      var texts = new ArrayList<String>();
      if (random.nextInt(5) == 0) {
        builder.text("given up", "x".repeat(random.nextInt(3_000)));
        builder.begin(built.isEmpty() ? Row.Columns.NONE : built.get(0).columns());
      }
      int size = random.nextInt(9);
      for (int i = 0; i < size; i++) {
        int most = random.nextInt(300) == 0 ? 50_000 : 200;
        String text = random.nextInt(9) == 0 ? null : "yä".repeat(random.nextInt(most));
        texts.add(text);
        builder.text("c" + i, text);
      }
      all.add(texts);
      built.add(builder.build());
    }
    for (int n = 0; n < built.size(); n++) {
      check(all.get(n), built.get(n));
    }
  }

  @Test
  void rowsOfOneKindShareTheirColumns() {
    Row first = Row.builder(2).bare("id", "1").text("name", "a").build();
    Row second = Row.builder(2).begin(first.columns()).bare("id", "22").text("name", null).build();
    assertSame(first.columns(), second.columns());
    assertNull(second.text(1));
    Row shorter = Row.builder(2).begin(first.columns()).bare("id", "3").build();
    assertEquals(List.of("id"), shorter.names());
    Row other = Row.builder(2).begin(first.columns()).bare("id", "3").bare("name", "4").build();
    assertTrue(other.bare(1));
  }

  @Test
  void halfOfACharacterIsRefused() {
    char[] text = "ab\uD83C".toCharArray();
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Row.builder(1).value("name", text, 0, text.length, false));
    assertTrue(refused.getMessage().contains("column name is no Unicode text"));
  }
}
