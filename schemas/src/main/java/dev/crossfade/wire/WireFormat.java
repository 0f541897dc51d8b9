package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.crossfade.event.Row;
import dev.crossfade.event.TopicRecord;

/**
 * Writes and reads the keys and values of topic records, version 1. A change is
 *
 * <pre>{"v":1,"op":"u","table":"public.t","before":null,"after":{…},
 *  "position":{"epoch":1,"base":"0/1","lsn":"0/2"},"tx":"771","ts":"…","origin":null}</pre>
 *
 * Numbers and booleans of the source are JSON's, everything else is the source's text, a column
 * that is absent is unchanged. Unknown fields are skipped. Safe for any thread.
 */
public final class WireFormat {
  /** Headers of a Kafka record, values in decimal ASCII; {@link #LAST} is present or absent. */
  public static final String GENERATION = "generation";

  public static final String SEQUENCE = "sequence";

  /** Marks the last record of a transaction in this topic; its value is {@code 1}. */
  public static final String LAST = "last";

  static final int VERSION = 1;

  /** A value may be as large as a record; how large that is, the topic says. */
  static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();

  private WireFormat() {}

  /** The key of a record: table and primary key for a change of a row, else the record's kind. */
  public static byte[] key(TopicRecord topicRecord) {
    return RecordWriter.key(topicRecord);
  }

  /** A primary key in canonical JSON: the columns in key order, no white space. */
  public static String canonical(Row key) {
    return RecordWriter.canonical(key);
  }

  /** The value of a record, in UTF-8. */
  public static byte[] value(TopicRecord topicRecord) {
    return RecordWriter.value(topicRecord);
  }

  /**
   * Reads one record by itself; {@link RecordReader} reads many.
   *
   * @throws WireException which says the field that is wrong, and how
   */
  public static TopicRecord read(byte[] key, byte[] value) {
    return new RecordReader().read(key, value);
  }
}
