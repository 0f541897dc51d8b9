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
  public static final Row EMPTY = new Row(Columns.NONE, new String[0]);

  private final Columns columns;
  private final String[] texts;

  /** The columns of a row, without values; rows of one kind may share it. Immutable. */
  public static final class Columns {
    public static final Columns NONE = new Columns(new String[0], new boolean[0]);

    private final String[] names;
    private final boolean[] bare;

    private Columns(String[] names, boolean[] bare) {
      this.names = names;
      this.bare = bare;
    }

    private int size() {
      return names.length;
    }
  }

  private Row(Columns columns, String[] texts) {
    this.columns = columns;
    this.texts = texts;
  }

  public static Builder builder(int expectedColumns) {
    return new Builder(Columns.NONE, expectedColumns);
  }

  /** For a row that is expected to have these columns, and then shares them. */
  public static Builder builder(Columns expected) {
    return new Builder(expected, Math.max(8, expected.size()));
  }

  public Columns columns() {
    return columns;
  }

  public int size() {
    return texts.length;
  }

  public boolean isEmpty() {
    return texts.length == 0;
  }

  public String name(int i) {
    return columns.names[i];
  }

  /** The i-th value's text, or null for SQL NULL. */
  public String text(int i) {
    return texts[i];
  }

  /** Whether the i-th value is written as a bare JSON number or boolean rather than as a string. */
  public boolean bare(int i) {
    return columns.bare[i] && texts[i] != null;
  }

  public List<String> names() {
    return List.of(columns.names);
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
    for (int i = 0; i < columns.names.length; i++) {
      if (columns.names[i].equals(name)) {
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
      builder.add(name, texts[i], columns.bare[i]);
    }
    return builder.build();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Row row
        && Arrays.equals(columns.names, row.columns.names)
        && Arrays.equals(texts, row.texts)
        && IntStream.range(0, size()).allMatch(i -> bare(i) == row.bare(i));
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(columns.names) + Arrays.hashCode(texts);
  }

  /** Names only: row images never reach a log. */
  @Override
  public String toString() {
    return "Row" + names();
  }

  /** Collects a row column by column. Not safe for several threads. */
  public static final class Builder {
    /** What the columns are, so far; {@link Columns#NONE} if they are collected as well. */
    private Columns shared;

    private String[] names = Columns.NONE.names;
    private boolean[] bare = Columns.NONE.bare;
    private String[] texts;
    private int size;

    private Builder(Columns shared, int expectedColumns) {
      this.shared = shared;
      this.texts = new String[expectedColumns];
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
      if (size == texts.length) {
        texts = Arrays.copyOf(texts, Math.max(8, 2 * size));
      }
      if (!isShared(name, text, isBare)) {
        collect(name, isBare);
      }
      texts[size++] = text;
      return this;
    }

    /** A NULL may be of either kind. */
    private boolean isShared(String name, String text, boolean isBare) {
      return size < shared.size()
          && shared.names[size].equals(name)
          && (text == null || shared.bare[size] == isBare);
    }

    private void collect(String name, boolean isBare) {
      if (shared.size() > 0) {
        names = Arrays.copyOf(shared.names, texts.length);
        bare = Arrays.copyOf(shared.bare, texts.length);
        shared = Columns.NONE;
      } else if (size >= names.length) {
        names = Arrays.copyOf(names, texts.length);
        bare = Arrays.copyOf(bare, texts.length);
      }
      names[size] = name;
      bare[size] = isBare;
    }

    public Row build() {
      return new Row(columns(), texts.length == size ? texts : Arrays.copyOf(texts, size));
    }

    private Columns columns() {
      if (size == shared.size()) {
        return shared; // both may be none
      }
      boolean fewer = shared.size() > 0;
      String[] found = fewer ? shared.names : names;
      boolean[] kinds = fewer ? shared.bare : bare;
      return new Columns(
          found.length == size ? found : Arrays.copyOf(found, size),
          kinds.length == size ? kinds : Arrays.copyOf(kinds, size));
    }
  }
}
