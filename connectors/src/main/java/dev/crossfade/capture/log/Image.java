package dev.crossfade.capture.log;

import dev.crossfade.event.Row;
import java.util.BitSet;
import java.util.List;

/**
 * The values of one row, by the places of its table's columns: the server's texts, as they are.
 * Immutable.
 */
public final class Image {
  private static final BitSet NONE = new BitSet();

  private final TableTold table;
  private final Row texts;

  /** The places of what the log does not repeat; {@code texts} has NULL there. */
  private final BitSet unchanged;

  private Image(TableTold table, Row texts, BitSet unchanged) {
    this.table = table;
    this.texts = texts;
    this.unchanged = unchanged;
  }

  /**
   * Collects the values.
   *
   * @param texts by place; null is SQL NULL
   */
  public static Image of(TableTold table, List<String> texts) {
    var image = new Builder(table);
    texts.forEach(image::text);
    return image.build();
  }

  /** Collects the values of one image after another, each in turn of the table's columns. */
  static final class Builder {
    private final TableTold table;
    private final Row.Builder texts;
    private BitSet unchanged = NONE;
    private int size;

    Builder(TableTold table) {
      this.table = table;
      this.texts = Row.builder(table.columns().size());
    }

    Builder begin() {
      texts.begin();
      unchanged = NONE;
      size = 0;
      return this;
    }

    void text(String text) {
      texts.text(table.columns().get(size++), text);
    }

    /** The log does not repeat the value; it is what it was before, if that was said. */
    void unchanged(Image before) {
      if (before != null && before.isKnown(size) && !before.texts.isNull(size)) {
        texts.value(before.texts, size++);
      } else {
        unchanged = unchanged == NONE ? new BitSet() : unchanged;
        unchanged.set(size);
        text(null);
      }
    }

    Image build() {
      return new Image(table, texts.build(), unchanged);
    }
  }

  public TableTold table() {
    return table;
  }

  /** The server's texts, by place; of what is not known, NULL. */
  public Row texts() {
    return texts;
  }

  /** Whether the log says the value: it does not repeat a large one that has not changed. */
  public boolean isKnown(int place) {
    return !unchanged.get(place);
  }

  /** About as many bytes as it takes in memory. */
  long bytes() {
    return 24L + texts.bytes();
  }
}
