package dev.crossfade.event;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Values of some columns of one row, in the source's text form: what a cast in the database turns
 * back into the value. A column that is not named is not known (an unchanged TOAST value, a before
 * image that holds the key alone); a null text is SQL NULL. Immutable, safe for any thread.
 *
 * <p>The texts are held as the bytes that they came as and go as: as so many strings, the rows of a
 * batch would be several times as large, and each of them an object to be moved about in memory.
 */
public final class Row {
  public static final Row EMPTY = new Row(Columns.NONE, new byte[0], new int[0]);

  private final Columns columns;

  /** The texts in UTF-8, one behind the other. */
  private final byte[] utf8;

  /** Where each text ends; of a NULL the complement of that. */
  private final int[] ends;

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

  /** Takes a text where it lies; it must not be written to, nor kept. */
  @FunctionalInterface
  public interface Utf8<E extends Exception> {
    void take(byte[] bytes, int from, int length) throws E;
  }

  private Row(Columns columns, byte[] utf8, int[] ends) {
    this.columns = columns;
    this.utf8 = utf8;
    this.ends = ends;
  }

  public static Builder builder(int expectedColumns) {
    return new Builder(Columns.NONE, expectedColumns);
  }

  /** For a row that is expected to have these columns, and then shares them. */
  public static Builder builder(Columns expected) {
    return new Builder(expected, expected.size() == 0 ? 8 : expected.size());
  }

  public Columns columns() {
    return columns;
  }

  public int size() {
    return ends.length;
  }

  public boolean isEmpty() {
    return ends.length == 0;
  }

  public String name(int i) {
    return columns.names[i];
  }

  /** Whether the i-th value is SQL NULL. */
  public boolean isNull(int i) {
    return ends[i] < 0;
  }

  /** The i-th value's text, or null for SQL NULL. Made anew each time. */
  public String text(int i) {
    int from = from(i);
    return isNull(i) ? null : new String(utf8, from, ends[i] - from, StandardCharsets.UTF_8);
  }

  /** Gives the i-th value's text, which must not be NULL, in UTF-8. */
  public <E extends Exception> void utf8(int i, Utf8<E> taker) throws E {
    int from = from(i);
    taker.take(utf8, from, ends[i] - from);
  }

  /** Whether a value has the same text as one of another row; neither may be NULL. */
  public boolean sameText(int i, Row other, int j) {
    return Arrays.equals(utf8, from(i), ends[i], other.utf8, other.from(j), other.ends[j]);
  }

  private int from(int i) {
    return i == 0 ? 0 : end(ends[i - 1]);
  }

  private static int end(int noted) {
    return noted < 0 ? ~noted : noted;
  }

  /** Whether the i-th value is written as a bare JSON number or boolean rather than as a string. */
  public boolean bare(int i) {
    return columns.bare[i] && !isNull(i);
  }

  public List<String> names() {
    return List.of(columns.names);
  }

  public boolean has(String name) {
    return indexOf(name) >= 0;
  }

  /** The text of a column, null for SQL NULL; an IllegalArgumentException if it is not known. */
  public String get(String name) {
    return text(known(name));
  }

  private int known(String name) {
    int i = indexOf(name);
    if (i < 0) {
      throw new IllegalArgumentException("column " + name + " is not among " + names());
    }
    return i;
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
      builder.value(this, known(name));
    }
    return builder.build();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Row row
        && Arrays.equals(columns.names, row.columns.names)
        && Arrays.equals(ends, row.ends)
        && Arrays.equals(utf8, row.utf8)
        && sameBare(row);
  }

  private boolean sameBare(Row row) {
    for (int i = 0; i < ends.length; i++) {
      if (bare(i) != row.bare(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(columns.names) + Arrays.hashCode(utf8);
  }

  /** Names only: row images never reach a log. */
  @Override
  public String toString() {
    return "Row" + names();
  }

  /** Collects a row column by column. Not safe for several threads. */
  public static final class Builder {
    /** What most values need at most, in bytes. */
    private static final int EXPECTED = 24;

    /** What the columns are, so far; {@link Columns#NONE} if they are collected as well. */
    private Columns shared;

    private String[] names = Columns.NONE.names;
    private boolean[] bare = Columns.NONE.bare;
    private byte[] utf8;
    private int length;
    private int[] ends;
    private int size;

    private Builder(Columns shared, int expectedColumns) {
      this.shared = shared;
      this.ends = new int[expectedColumns];
      this.utf8 = new byte[EXPECTED * expectedColumns];
    }

    /** Adds a value that is a JSON string on the wire; null is SQL NULL. */
    public Builder text(String name, String text) {
      return add(name, text, false);
    }

    /** Adds a value that is a JSON number or boolean on the wire, given as its JSON text. */
    public Builder bare(String name, String text) {
      return add(name, text, true);
    }

    /**
     * Adds a value as {@link #text} or {@link #bare} do, whose text is a part of an array.
     *
     * @throws IllegalArgumentException if it is no Unicode text
     */
    public Builder value(String name, char[] text, int from, int count, boolean isBare) {
      int most = from + count;
      byte[] into = room(count);
      int at = length;
      for (int i = from; i < most; i++) {
        char c = text[i];
        if (c >= 0x80) {
          return add(name, encoded(name, CharBuffer.wrap(text, from, count)), isBare);
        }
        into[at++] = (byte) c;
      }
      length = at;
      return ends(name, length, isBare);
    }

    /** Adds the i-th value of another row. */
    Builder value(Row other, int i) {
      if (other.isNull(i)) {
        return ends(other.name(i), ~length, other.columns.bare[i]);
      }
      other.utf8(i, this::append);
      return ends(other.name(i), length, other.columns.bare[i]);
    }

    private Builder add(String name, String text, boolean isBare) {
      return text == null
          ? ends(name, ~length, isBare)
          : add(name, text.getBytes(StandardCharsets.UTF_8), isBare);
    }

    private static byte[] encoded(String name, CharBuffer text) {
      try {
        ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(text);
        return Arrays.copyOf(encoded.array(), encoded.limit());
      } catch (CharacterCodingException e) {
        throw new IllegalArgumentException(
            "column " + name + " is no Unicode text: half of a surrogate pair is in it", e);
      }
    }

    private Builder add(String name, byte[] text, boolean isBare) {
      append(text, 0, text.length);
      return ends(name, length, isBare);
    }

    private void append(byte[] bytes, int from, int count) {
      System.arraycopy(bytes, from, room(count), length, count);
      length += count;
    }

    /** The array of the texts, in which so many bytes more have a place. */
    private byte[] room(int more) {
      if (utf8.length - length < more) {
        long wanted = Math.max(2L * utf8.length, (long) length + more);
        utf8 = Arrays.copyOf(utf8, (int) Math.min(wanted, Integer.MAX_VALUE - 8));
      }
      return utf8;
    }

    private Builder ends(String name, int end, boolean isBare) {
      if (size == ends.length) {
        ends = Arrays.copyOf(ends, Math.max(8, 2 * size));
      }
      if (!isShared(name, end < 0, isBare)) {
        collect(name, isBare);
      }
      ends[size++] = end;
      return this;
    }

    /** A NULL may be of either kind. */
    private boolean isShared(String name, boolean isNull, boolean isBare) {
      return size < shared.size()
          && shared.names[size].equals(name)
          && (isNull || shared.bare[size] == isBare);
    }

    private void collect(String name, boolean isBare) {
      if (shared.size() > 0) {
        names = Arrays.copyOf(shared.names, ends.length);
        bare = Arrays.copyOf(shared.bare, ends.length);
        shared = Columns.NONE;
      } else if (size >= names.length) {
        names = Arrays.copyOf(names, ends.length);
        bare = Arrays.copyOf(bare, ends.length);
      }
      names[size] = name;
      bare[size] = isBare;
    }

    public Row build() {
      return new Row(
          columns(),
          utf8.length == length ? utf8 : Arrays.copyOf(utf8, length),
          ends.length == size ? ends : Arrays.copyOf(ends, size));
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
