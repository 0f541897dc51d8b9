package dev.crossfade.source.postgresql;

import dev.crossfade.event.Row;
import java.nio.charset.StandardCharsets;

/**
 * How the server's text of a column's values is written in a row: as a bare JSON number or boolean,
 * or as text. The load and the stream both go through here, so that equal values have equal texts.
 */
public enum ColumnForm {
  BOOLEAN {
    @Override
    void add(Row.Builder row, String name, byte[] utf8, int from, int length) {
      row.bare(name, length > 0 && utf8[from] == 't' ? "true" : "false");
    }
  },
  NUMBER {
    @Override
    void add(Row.Builder row, String name, byte[] utf8, int from, int length) {
      // NaN and infinities are not JSON; very long numbers exceed what JSON readers accept
      boolean bare = length <= LONGEST_NUMBER && !notFinite(utf8, from, length);
      row.value(name, utf8, from, length, bare);
    }
  },
  FLOAT4 {
    @Override
    void add(Row.Builder row, String name, byte[] utf8, int from, int length) {
      if (notFinite(utf8, from, length)) {
        row.value(name, utf8, from, length, false);
      } else {
        row.bare(name, Float.toString(Float.parseFloat(string(utf8, from, length))));
      }
    }
  },
  FLOAT8 {
    @Override
    void add(Row.Builder row, String name, byte[] utf8, int from, int length) {
      if (notFinite(utf8, from, length)) {
        row.value(name, utf8, from, length, false);
      } else {
        row.bare(name, Double.toString(Double.parseDouble(string(utf8, from, length))));
      }
    }
  },
  TEXT {
    @Override
    void add(Row.Builder row, String name, byte[] utf8, int from, int length) {
      row.value(name, utf8, from, length, false);
    }
  };

  private static final int LONGEST_NUMBER = 300;

  /** Adds a value that is not null, given as the server prints it. */
  public void add(Row.Builder row, String name, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    add(row, name, utf8, 0, utf8.length);
  }

  /** The same of the i-th value of another row. */
  public void add(Row.Builder row, String name, Row texts, int i) {
    texts.utf8(i, (utf8, from, length) -> add(row, name, utf8, from, length));
  }

  abstract void add(Row.Builder row, String name, byte[] utf8, int from, int length);

  /** The form of a type as {@code format_type} names it. */
  public static ColumnForm of(String type) {
    return switch (type) {
      case "boolean" -> BOOLEAN;
      case "smallint", "integer", "bigint", "oid", "numeric" -> NUMBER;
      case "real" -> FLOAT4;
      case "double precision" -> FLOAT8;
      default -> type.startsWith("numeric(") && !type.endsWith("[]") ? NUMBER : TEXT;
    };
  }

  /** Finite numbers begin with a digit, or with a sign and a digit. */
  private static boolean notFinite(byte[] utf8, int from, int length) {
    int digit = length > 0 && utf8[from] == '-' ? from + 1 : from;
    return digit >= from + length || utf8[digit] < '0' || utf8[digit] > '9';
  }

  private static String string(byte[] utf8, int from, int length) {
    return new String(utf8, from, length, StandardCharsets.UTF_8);
  }
}
