package dev.crossfade.event;

import java.util.Arrays;
import java.util.List;

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
    return new Builder(expectedColumns);
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
    return bare[i];
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
        && Arrays.equals(bare, row.bare);
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

    private Builder(int expectedColumns) {
      names = new String[expectedColumns];
      texts = new String[expectedColumns];
      bare = new boolean[expectedColumns];
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
      if (size == names.length) {
        fit(Math.max(8, 2 * size));
      }
      names[size] = name;
      texts[size] = text;
      bare[size] = isBare && text != null;
      size++;
      return this;
    }

    public Row build() {
      if (size < names.length) {
        fit(size);
      }
      return new Row(names, texts, bare);
    }

    private void fit(int capacity) {
      names = Arrays.copyOf(names, capacity);
      texts = Arrays.copyOf(texts, capacity);
      bare = Arrays.copyOf(bare, capacity);
    }
  }
}
