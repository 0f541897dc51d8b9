package dev.crossfade.event;

/**
 * A place in PostgreSQL's write-ahead log, a byte offset that is compared unsigned. Text form as
 * the server prints it: two hexadecimal halves, {@code 0/16B3748} (PostgreSQL manual, type pg_lsn).
 */
public record Lsn(long value) implements Comparable<Lsn> {
  public static final Lsn ZERO = new Lsn(0);

  /** Parses the server's text form; throws IllegalArgumentException that names the text. */
  public static Lsn parse(String text) {
    int slash = text.indexOf('/');
    try {
      if (slash > 0) {
        long high = Long.parseLong(text, 0, slash, 16);
        long low = Long.parseLong(text, slash + 1, text.length(), 16);
        if (high >>> 32 == 0 && low >>> 32 == 0) {
          return new Lsn(high << 32 | low);
        }
      }
    } catch (NumberFormatException e) {
      // the one message below says it for every malformed text
    }
    throw new IllegalArgumentException("not an LSN of the form 0/16B3748: \"" + text + "\"");
  }

  @Override
  public int compareTo(Lsn other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toHexString(value >>> 32).toUpperCase()
        + "/"
        + Long.toHexString(value & 0xFFFFFFFFL).toUpperCase();
  }
}
