package dev.crossfade.source.postgresql;

import dev.crossfade.event.Row;

/**
 * How the server's text of a column's values is written in a row: as a bare JSON number or boolean,
 * or as text. The load and the stream both go through here, so that equal values have equal texts.
 */
public enum ColumnForm {
  BOOLEAN {
    @Override
    public void add(Row.Builder row, String name, String text) {
      row.bare(name, text.equals("t") || text.equals("true") ? "true" : "false");
    }
  },
  NUMBER {
    @Override
    public void add(Row.Builder row, String name, String text) {
      // NaN and infinities are not JSON; very long numbers exceed what JSON readers accept
      if (text.length() > LONGEST_NUMBER || notFinite(text)) {
        row.text(name, text);
      } else {
        row.bare(name, text);
      }
    }
  },
  FLOAT4 {
    @Override
    public void add(Row.Builder row, String name, String text) {
      if (notFinite(text)) {
        row.text(name, text);
      } else {
        row.bare(name, Float.toString(Float.parseFloat(text)));
      }
    }
  },
  FLOAT8 {
    @Override
    public void add(Row.Builder row, String name, String text) {
      if (notFinite(text)) {
        row.text(name, text);
      } else {
        row.bare(name, Double.toString(Double.parseDouble(text)));
      }
    }
  },
  TEXT {
    @Override
    public void add(Row.Builder row, String name, String text) {
      row.text(name, text);
    }
  };

  private static final int LONGEST_NUMBER = 300;

  /** Adds a value that is not null, given as the server prints it. */
  public abstract void add(Row.Builder row, String name, String text);

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

  private static boolean notFinite(String text) {
    char first = text.charAt(0); // numbers begin with a digit or a sign
    return first > '9' || first == '-' && text.charAt(1) > '9';
  }
}
