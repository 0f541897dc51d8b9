package dev.crossfade.capture;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * What the log has said last of each table: names, types and key of its columns. The server says it
 * again whenever its own caches were told to forget it, so after each ANALYZE and VACUUM too, and
 * the engine makes new schemas of it each time. Most of these say nothing new. One thread.
 */
final class Descriptions {
  private record Description(Schema key, Schema value) {
    boolean says(Description other) {
      return Objects.equals(value, other.value) && Objects.equals(key, other.key);
    }
  }

  private final Map<String, Description> last = new HashMap<>();

  /** The schemas of those; one for each description. */
  private final Map<Schema, Boolean> known = new IdentityHashMap<>();

  /**
   * Takes note of how a record is described.
   *
   * @return whether its table is described for the first time, or otherwise than before, or in a
   *     way that does not tell ({@link ColumnTold})
   */
  boolean isNew(SourceRecord event) {
    if (known.containsKey(event.valueSchema())) {
      return false;
    }
    var now = new Description(event.keySchema(), event.valueSchema());
    Description before = last.put(table(event), now);
    if (before != null) {
      known.remove(before.value());
    }
    known.put(now.value(), Boolean.TRUE);
    return before == null || !before.says(now);
  }

  /** The schema's name will not do: in it, all letters but a few are the same. */
  private static String table(SourceRecord event) {
    if (event.valueSchema().field("source") == null) {
      return event.valueSchema().name();
    }
    Struct source = ((Struct) event.value()).getStruct("source");
    return event.valueSchema().name()
        + " "
        + source.getString("schema")
        + "."
        + source.getString("table");
  }
}
