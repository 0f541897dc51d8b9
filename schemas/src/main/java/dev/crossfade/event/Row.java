package dev.crossfade.event;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Values of some columns of one row, in the source's text form: what a cast in the database turns
 * back into the value. A column that is not named is not known (an unchanged TOAST value, a before
 * image that holds the key alone); a null text is SQL NULL. Immutable, safe for any thread.
 */
public final class Row {
  public static final Row EMPTY = new Row(new String[0], new String[0], new boolean[0]);

  private final String[] names;
  private final String[] texts;
  private final boolean[] bare;

  private Row(String[] names, String[] texts, boolean[] bare) {
    this.names = names;
    this.texts = texts;
    this.bare = bare;
  }

  public static Builder builder(int expectedColumns) {
    return new Builder(
        new String[expectedColumns], new String[expectedColumns], new boolean[expectedColumns], 0);
  }

  /** For a row that is expected to have the columns of another one: it shares what they share. */
  public static Builder like(Row other) {
    int columns = Math.max(8, other.size());
    return other.isEmpty()
        ? builder(columns)
        : new Builder(other.names, new String[columns], other.bare, other.size());
  }

  public int size() {
    return names.length;
  }

  public boolean isEmpty() {
    return names.length == 0;
  }

  public String name(int i) {
    return names[i];
  }

  /** The i-th value's text, or null for SQL NULL. */
  public String text(int i) {
    return texts[i];
  }

  /** Whether the i-th value is written as a bare JSON number or boolean rather than as a string. */
  public boolean bare(int i) {
    return bare[i] && texts[i] != null;
  }

  public List<String> names() {
    return List.of(names);
  }

  public boolean has(String name) {
    return indexOf(name) >= 0;
  }

  /** The text of a column, null for SQL NULL; an IllegalArgumentException if it is not known. */
  public String get(String name) {
    int i = indexOf(name);
    if (i < 0) {
      throw new IllegalArgumentException("column " + name + " is not among " + names());
    }
    return texts[i];
  }

  /** The place of a column in this row, or -1 if it is not known. */
  public int indexOf(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /** The named columns alone, in the given order; each must be known. */
  public Row only(List<String> wanted) {
    var builder = builder(wanted.size());
    for (String name : wanted) {
      int i = indexOf(name);
      if (i < 0) {
        throw new IllegalArgumentException("column " + name + " is not among " + names());
      }
      builder.add(name, texts[i], bare[i]);
    }
    return builder.build();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Row row
        && Arrays.equals(names, row.names)
        && Arrays.equals(texts, row.texts)
        && IntStream.range(0, size()).allMatch(i -> bare(i) == row.bare(i));
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(names) + Arrays.hashCode(texts);
  }

  /** Names only: row images never reach a log. */
  @Override
  public String toString() {
    return "Row" + names();
  }

  /** Collects a row column by column. Not safe for several threads. */
  public static final class Builder {
    private String[] names;
    private String[] texts;
    private boolean[] bare;
    private int size;

    /** So many names, and as many kinds of values, are another row's. */
    private int shared;

    private Builder(String[] names, String[] texts, boolean[] bare, int shared) {
      this.names = names;
      this.texts = texts;
      this.bare = bare;
      this.shared = shared;
    }

    /** Adds a value that is a JSON string on the wire; null is SQL NULL. */
    public Builder text(String name, String text) {
      return add(name, text, false);
    }

    /** Adds a value that is a JSON number or boolean on the wire, given as its JSON text. */
    public Builder bare(String name, String text) {
      return add(name, text, true);
    }

    Builder add(String name, String text, boolean isBare) {
      if (shared > 0 && !isAsShared(name, text, isBare)) {
        unshare();
      }
      if (size == texts.length) {
        texts = Arrays.copyOf(texts, Math.max(8, 2 * size));
      }
      texts[size] = text;
      if (shared == 0) {
        if (size == names.length) {
          names = Arrays.copyOf(names, texts.length);
          bare = Arrays.copyOf(bare, texts.length);
        }
        names[size] = name;
        bare[size] = isBare;
      }
      size++;
      return this;
    }

    public Row build() {
      return new Row(
          names.length == size ? names : Arrays.copyOf(names, size),
          texts.length == size ? texts : Arrays.copyOf(texts, size),
          bare.length == size ? bare : Arrays.copyOf(bare, size));
    }

    /** A NULL may be of either kind. */
    private boolean isAsShared(String name, String text, boolean isBare) {
      return size < shared && names[size].equals(name) && (text == null || bare[size] == isBare);
    }

    private void unshare() {
      names = Arrays.copyOf(names, texts.length);
      bare = Arrays.copyOf(bare, texts.length);
      shared = 0;
    }
  }
}
