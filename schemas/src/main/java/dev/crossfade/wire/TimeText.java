package dev.crossfade.wire;

import java.time.Instant;

/**
 * A time and its text as topics have it, ISO 8601. The changes of a transaction have one, and come
 * one after another: the last one of each way is kept. Safe for any thread.
 */
record TimeText(Instant instant, String text) {
  private static volatile TimeText lastWritten =
      new TimeText(Instant.EPOCH, Instant.EPOCH.toString());
  private static volatile TimeText lastRead = lastWritten;

  static String of(Instant instant) {
    TimeText last = lastWritten;
    if (!last.instant.equals(instant)) {
      last = new TimeText(instant, instant.toString());
      lastWritten = last;
    }
    return last.text;
  }

  /**
   * @throws java.time.DateTimeException for what is no time
   */
  static Instant parse(String text) {
    TimeText last = lastRead;
    if (!last.text.equals(text)) {
      last = new TimeText(Instant.parse(text), text);
      lastRead = last;
    }
    return last.instant;
  }
}
