package dev.crossfade.wire;

import java.time.Instant;
import java.time.LocalDate;

/**
 * A time and its text as topics have it, ISO 8601 in UTC. The changes of a transaction have one,
 * and come one after another: whoever writes or reads them keeps the last one. Immutable.
 */
record TimeText(Instant instant, String text) {
  static final TimeText EPOCH = of(Instant.EPOCH);
  private static final int SECONDS = 19; // as many characters as 1970-01-01T00:00:00

  static TimeText of(Instant instant) {
    return new TimeText(instant, instant.toString());
  }

  /**
   * Reads what {@link Instant#toString} writes, of the years 1 to 9999 without the rules of a
   * formatter.
   *
   * @throws java.time.DateTimeException for what is no time
   */
  static TimeText parse(String text) {
    return new TimeText(isPlain(text) ? plain(text) : Instant.parse(text), text);
  }

  /** Whether it is like 1970-01-01T00:00:00Z, with up to nine decimals. */
  private static boolean isPlain(String text) {
    int end = text.length() - 1;
    if (end < SECONDS || end == SECONDS + 1 || end > SECONDS + 10 || text.charAt(end) != 'Z') {
      return false;
    }
    for (int i = 0; i < end; i++) {
      char expected = i < SECONDS ? "0000-00-00T00:00:00".charAt(i) : i == SECONDS ? '.' : '0';
      char found = text.charAt(i);
      if (expected == '0' ? found < '0' || found > '9' : found != expected) {
        return false;
      }
    }
    // the formatter knows what to do with the year 0, a leap second and the end of a day
    return number(text, 0, 4) > 0
        && number(text, 11, 13) < 24
        && number(text, 14, 16) < 60
        && number(text, 17, SECONDS) < 60;
  }

  private static Instant plain(String text) {
    long day =
        LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10)).toEpochDay();
    int second =
        number(text, 11, 13) * 3600 + number(text, 14, 16) * 60 + number(text, 17, SECONDS);
    int nanos = 0;
    for (int i = SECONDS + 1; i <= SECONDS + 9; i++) {
      nanos = nanos * 10 + (i < text.length() - 1 ? text.charAt(i) - '0' : 0);
    }
    return Instant.ofEpochSecond(day * 86_400 + second, nanos);
  }

  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      number = number * 10 + text.charAt(i) - '0';
    }
    return number;
  }
}
