package dev.crossfade.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * Values of some columns of one row, in the source's text form: what a cast in the database turns
 * back into the value. A column that is not named is not known (an unchanged TOAST value, a before
 * image that holds the key alone); a null text is SQL NULL. Immutable, safe for any thread.
 *
 * <p>The texts are held as the bytes that they came as and go as, in a page that rows which were
 * made one after another share: as so many strings, the rows of a batch would be several times as
 * large, and each of them an object to be moved about in memory.
 */
public final class Row {
  public static final Row EMPTY = new Row(Columns.NONE, new byte[0], 0, 0);

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.nativeOrder());

  private final Columns columns;

  /**
   * The texts in UTF-8, one behind the other, and behind them as many numbers: where each text
   * ends, counted from the first; of a NULL the complement of that.
   */
  private final byte[] page;

  private final int first;
  private final int ends;

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

  private Row(Columns columns, byte[] page, int first, int ends) {
    this.columns = columns;
    this.page = page;
    this.first = first;
    this.ends = ends;
  }

  public static Builder builder(int expectedColumns) {
    return new Builder(expectedColumns);
  }

  public Columns columns() {
    return columns;
  }

  public int size() {
    return columns.size();
  }

  public boolean isEmpty() {
    return columns.size() == 0;
  }

  public String name(int i) {
    return columns.names[i];
  }

  /** Whether the i-th value is SQL NULL. */
  public boolean isNull(int i) {
    return noted(i) < 0;
  }

  /** The i-th value's text, or null for SQL NULL. Made anew each time. */
  public String text(int i) {
    int from = from(i);
    int to = noted(i);
    return to < 0 ? null : new String(page, first + from, to - from, StandardCharsets.UTF_8);
  }

  /** Gives the i-th value's text, which must not be NULL, in UTF-8. */
  public <E extends Exception> void utf8(int i, Utf8<E> taker) throws E {
    int from = from(i);
    taker.take(page, first + from, noted(i) - from);
  }

  /** Whether a value has the same text as one of another row; neither may be NULL. */
  public boolean sameText(int i, Row other, int j) {
    return Arrays.equals(
        page,
        first + from(i),
        first + noted(i),
        other.page,
        other.first + other.from(j),
        other.first + other.noted(j));
  }

  private int from(int i) {
    if (i == 0) {
      return 0;
    }
    int noted = noted(i - 1);
    return noted < 0 ? ~noted : noted;
  }

  private int noted(int i) {
    return (int) INTS.get(page, ends + Integer.BYTES * Objects.checkIndex(i, size()));
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
        && Arrays.equals(page, first, behind(), row.page, row.first, row.behind())
        && sameBare(row);
  }

  /** About as many bytes as it takes in memory, if the others on its page are there as well. */
  public int bytes() {
    return 32 + behind() - first;
  }

  private int behind() {
    return ends + Integer.BYTES * size();
  }

  private boolean sameBare(Row row) {
    for (int i = 0; i < size(); i++) {
      if (bare(i) != row.bare(i)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int hash = Arrays.hashCode(columns.names);
    for (int i = first; i < ends; i++) {
      hash = 31 * hash + page[i];
    }
    return hash;
  }

  /** Names only: row images never reach a log. */
  @Override
  public String toString() {
    return "Row" + names();
  }

  /**
   * Collects rows column by column, one after another. A row keeps the page that it is on, and so
   * the others there: the rows of one builder are to be of about the same use. Not safe for several
   * threads.
   */
  public static final class Builder {
    /** What most values need at most, in bytes, with the note of their end. */
    private static final int EXPECTED = 28;

    /** Of a builder that makes several rows, in bytes. */
    private static final int PAGE = 16 * 1024;

    /** A row that is larger is not on a page with others: much of each page might stay empty. */
    private static final int SHARED = PAGE / 4;

    /** What the columns are, so far; {@link Columns#NONE} if they are collected as well. */
    private Columns shared = Columns.NONE;

    private Columns last = Columns.NONE;
    private String[] names = Columns.NONE.names;
    private boolean[] bare = Columns.NONE.bare;
    private byte[] page;

    /** Where on the page the row begins, and how far it goes. */
    private int first;

    private int length;
    private int[] ends;
    private int size;

    private Builder(int expectedColumns) {
      this.ends = new int[expectedColumns];
      this.page = new byte[EXPECTED * expectedColumns];
    }

    /** Begins a row that is expected to have the columns of the last one that was built. */
    public Builder begin() {
      return begin(last);
    }

    /** Begins a row that is expected to have these columns, and then shares them. */
    public Builder begin(Columns expected) {
      shared = expected;
      names = Columns.NONE.names;
      bare = Columns.NONE.bare;
      if (page.length > 2 * PAGE) { // it was made for a large row
        page = Row.EMPTY.page;
        first = 0;
      }
      length = first;
      size = 0;
      return this;
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
      return ends(name, length - first, isBare);
    }

    /** Adds a value as {@link #text} or {@link #bare} do, whose text is given in UTF-8. */
    public Builder value(String name, byte[] utf8, int from, int count, boolean isBare) {
      append(utf8, from, count);
      return ends(name, length - first, isBare);
    }

    /** Adds the i-th value of another row. */
    public Builder value(Row other, int i) {
      if (other.isNull(i)) {
        return ends(other.name(i), ~(length - first), other.columns.bare[i]);
      }
      other.utf8(i, this::append);
      return ends(other.name(i), length - first, other.columns.bare[i]);
    }

    private Builder add(String name, String text, boolean isBare) {
      return text == null
          ? ends(name, ~(length - first), isBare)
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
      return value(name, text, 0, text.length, isBare);
    }

    private void append(byte[] bytes, int from, int count) {
      System.arraycopy(bytes, from, room(count), length, count);
      length += count;
    }

    /** The page, on which so many bytes more have a place behind what the row has. */
    private byte[] room(int more) {
      if (page.length - length < more) {
        int row = Math.addExact(length - first, more);
        int roomy = row <= Integer.MAX_VALUE / 2 ? 2 * row : row;
        byte[] next = new byte[first == 0 ? roomy : Math.max(roomy, PAGE)];
        System.arraycopy(page, first, next, 0, length - first);
        length -= first;
        first = 0;
        page = next;
      }
      return page;
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

    /** The row; what is added next is another one's, of the same columns unless {@link #begin}. */
    public Row build() {
      int texts = length - first;
      int bytes = Math.addExact(texts, Integer.BYTES * size);
      Row row;
      if (bytes <= SHARED) {
        byte[] on = room(Integer.BYTES * size);
        row = new Row(columns(), noted(on, length), first, length);
        first += bytes;
      } else {
        byte[] own = new byte[bytes];
        System.arraycopy(page, first, own, 0, texts);
        row = new Row(columns(), noted(own, texts), 0, texts);
      }
      last = row.columns;
      begin();
      return row;
    }

    private byte[] noted(byte[] on, int at) {
      for (int i = 0; i < size; i++) {
        INTS.set(on, at + Integer.BYTES * i, ends[i]);
      }
      return on;
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
