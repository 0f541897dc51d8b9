package dev.crossfade.store;

import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Oid;
import org.postgresql.jdbc.PgArray;

/**
 * The elements of an array of one dimension, one behind the other as PostgreSQL's binary protocol
 * has them (its sources: array_recv and the recv function of the element's type). Values that come
 * as bytes go as bytes, and the server does not have to parse what it can be given as it is. For
 * one thread at a time.
 */
public final class Elements {
  private static final int HEADER = 20;
  private static final int EXPECTED = 16;

  /** What the elements are. */
  public enum Type {
    TEXT(Oid.TEXT, Oid.TEXT_ARRAY),
    UUID(Oid.UUID, Oid.UUID_ARRAY),
    INTEGER(Oid.INT4, Oid.INT4_ARRAY),
    BOOLEAN(Oid.BOOL, Oid.BOOL_ARRAY),
    /** The driver knows no name for it; the numbers are those of pg_type. */
    PG_LSN(3220, 3221);

    private final int element;
    private final int array;

    Type(int element, int array) {
      this.element = element;
      this.array = array;
    }
  }

  private final Type type;
  private byte[] bytes;
  private int length = HEADER;
  private int count;
  private boolean nulls;

  /**
   * @param expected how many elements there are to be, about
   */
  public Elements(Type type, int expected) {
    this.type = type;
    this.bytes = new byte[HEADER + EXPECTED * expected];
  }

  /**
   * The array of these texts as elements of the named type. If that is none of {@link Type}, or a
   * text is no value of it, they go as texts: the server parses them, and says what is wrong.
   */
  public static Array of(Connection connection, String type, Collection<String> texts)
      throws SQLException {
    Optional<Type> known =
        switch (type) {
          case "text" -> Optional.of(Type.TEXT);
          case "uuid" -> Optional.of(Type.UUID);
          default -> Optional.empty();
        };
    try {
      if (known.isPresent()) {
        var elements = new Elements(known.get(), texts.size());
        texts.forEach(elements::text);
        return elements.array(connection);
      }
    } catch (IllegalArgumentException e) {
      // the server is to say so
    }
    return connection.createArrayOf(type, texts.toArray());
  }

  /** Adds NULL. */
  public void none() {
    nulls = true;
    begin(-1);
  }

  /** Adds a text, or NULL. */
  public void text(String text) {
    if (text == null) {
      none();
    } else {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      utf8(utf8, 0, utf8.length);
    }
  }

  /**
   * Adds an element whose text is given in UTF-8; of type TEXT or UUID.
   *
   * @throws IllegalArgumentException if the text is none of the type
   */
  public void utf8(byte[] from, int at, int size) {
    if (type == Type.UUID) {
      begin(16);
      uuid(from, at, size);
    } else {
      is(Type.TEXT);
      begin(size);
      System.arraycopy(from, at, bytes, length, size);
      length += size;
    }
  }

  /** Takes what the server's uuid_in takes: braces around it, hyphens behind each four digits. */
  private void uuid(byte[] from, int at, int size) {
    boolean braces = size > 1 && from[at] == '{' && from[at + size - 1] == '}';
    int i = braces ? at + 1 : at;
    int end = at + size - (braces ? 1 : 0);
    int digits = 0;
    int two = 0;
    while (i < end && digits < 32) {
      int digit = Character.digit(from[i++], 16);
      if (digit < 0) {
        break;
      }
      two = two << 4 | digit;
      if ((++digits & 1) == 0) {
        bytes[length++] = (byte) two;
      }
      if ((digits & 3) == 0 && digits < 32 && i < end && from[i] == '-') {
        i++;
      }
    }
    if (digits != 32 || i != end) {
      throw new IllegalArgumentException("not a uuid: a text of " + size + " bytes");
    }
  }

  /** Adds a number, of type INTEGER. */
  public void integer(int number) {
    is(Type.INTEGER);
    begin(4);
    put(number);
  }

  /** Adds a truth, of type BOOLEAN. */
  public void truth(boolean truth) {
    is(Type.BOOLEAN);
    begin(1);
    bytes[length++] = (byte) (truth ? 1 : 0);
  }

  /** Adds a place in a write-ahead log, of type PG_LSN. */
  public void lsn(long lsn) {
    is(Type.PG_LSN);
    begin(8);
    put((int) (lsn >>> 32));
    put((int) lsn);
  }

  /** The array that they make. */
  public Array array(Connection connection) throws SQLException {
    int behind = length;
    length = 0;
    put(count == 0 ? 0 : 1); // dimensions
    put(nulls ? 1 : 0);
    put(type.element);
    put(count);
    put(1); // where it begins to count
    length = behind;
    return new PgArray(
        connection.unwrap(BaseConnection.class),
        type.array,
        Arrays.copyOf(bytes, count == 0 ? 12 : length));
  }

  private void is(Type wanted) {
    if (type != wanted) {
      throw new IllegalStateException("the elements are of type " + type + ", not " + wanted);
    }
  }

  private void begin(int size) {
    int wanted = Math.addExact(length, 4 + Math.max(0, size));
    if (wanted > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(Math.max(2L * bytes.length, wanted), 1 << 30));
    }
    put(size);
    count++;
  }

  private void put(int number) {
    bytes[length++] = (byte) (number >>> 24);
    bytes[length++] = (byte) (number >>> 16);
    bytes[length++] = (byte) (number >>> 8);
    bytes[length++] = (byte) number;
  }
}
