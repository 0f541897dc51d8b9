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
    var text = new StringBuilder(17);
    half(text, (int) (value >>> 32));
    text.append('/');
    half(text, (int) value);
    return text.toString();
  }

  private static void half(StringBuilder text, int half) {
    int digits = Math.max(1, (35 - Integer.numberOfLeadingZeros(half)) / 4);
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
      text.append("0123456789ABCDEF".charAt(half >>> shift & 15));
    }
  }
}
