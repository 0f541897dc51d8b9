package dev.crossfade.source.postgresql;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.Row;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotRowTest {
  private static final List<String> NAMES = List.of("n", "a", "b");
  private static final List<ColumnForm> FORMS =
      List.of(ColumnForm.NUMBER, ColumnForm.TEXT, ColumnForm.TEXT);

  @Test
  void readsPlainFields() {
    Row row = row("7\tÄpfel und 🍐\t\n");
    assertEquals("7", row.text(0));
    assertTrue(row.bare(0));
    assertEquals("Äpfel und 🍐", row.text(1));
    assertEquals("", row.text(2));
  }

  @Test
  void tellsNullFromItsLookalikes() {
    Row row = row("\\N\t\\\\N\tN\n");
    assertNull(row.text(0));
    assertEquals("\\N", row.text(1));
    assertEquals("N", row.text(2));
    assertEquals("\\Nx", row("1\t\\\\Nx\t\\\\\n").text(1));
    assertEquals("\\", row("1\t\\\\Nx\t\\\\\n").text(2));
  }

  @Test
  void undoesEveryEscape() {
    Row row = row("1\ta\\tb\\nc\\rd\\be\\ff\\vg\\\\h\tü\\ttail\n");
    assertEquals("a\tb\nc\rd\be\ff\u000Bg\\h", row.text(1));
    assertEquals("ü\ttail", row.text(2));
  }

  @Test
  void refusesAnotherNumberOfColumns() {
    String message = assertThrows(IllegalStateException.class, () -> row("1\t2\n")).getMessage();
    assertEquals("COPY gave 2 columns, expected 3: [n, a, b]", message);
  }

  private static Row row(String line) {
    return SnapshotLoad.row(line.getBytes(StandardCharsets.UTF_8), NAMES, FORMS);
  }
}
