package dev.crossfade.capture.log;

import java.util.List;

/**
 * The values of one row, by the places of its table's columns: the server's texts, as they are.
 * Immutable.
 */
public final class Image {
  /** Stands for a value that the log does not repeat; known by identity, so no text is it. */
  private static final String UNCHANGED = new String("unchanged");

  private final TableTold table;
  private final String[] texts;

  private Image(TableTold table, String[] texts) {
    this.table = table;
    this.texts = texts;
  }

  /**
   * Collects the values.
   *
   * @param texts by place; null is SQL NULL
   */
  public static Image of(TableTold table, List<String> texts) {
    return new Image(table, texts.toArray(String[]::new));
  }

  /** Collects the values in turn, of as many columns as the table has. */
  static final class Builder {
    private final TableTold table;
    private final String[] texts;
    private int size;

    Builder(TableTold table) {
      this.table = table;
      this.texts = new String[table.columns().size()];
    }

    void text(String text) {
      texts[size++] = text;
    }

    /** The log does not repeat the value; it is what it was before, if that was said. */
    void unchanged(Image before) {
      String known = before == null ? null : before.texts[size];
      texts[size++] = known == null ? UNCHANGED : known;
    }

    Image build() {
      return new Image(table, texts);
    }
  }

  public TableTold table() {
    return table;
  }

  /** The server's text at a place, null for SQL NULL; of a value that is known. */
  public String text(int place) {
    return texts[place];
  }

  /** Whether the log says the value: it does not repeat a large one that has not changed. */
  @SuppressWarnings("ReferenceEquality")
  public boolean isKnown(int place) {
    return texts[place] != UNCHANGED;
  }

  /** About as many bytes as it takes in memory. */
  long bytes() {
    long bytes = 32;
    for (String text : texts) {
      bytes += 8 + (text == null ? 0 : 56 + 2L * text.length());
    }
    return bytes;
  }
}
