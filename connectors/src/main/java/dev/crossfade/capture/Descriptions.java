package dev.crossfade.capture;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.connect.data.Schema;
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

  /** By the name of the value's schema, which has the table's. */
  private final Map<String, Description> last = new HashMap<>();

  /**
   * Takes note of how a record is described.
   *
   * @return whether its table is described for the first time, or otherwise than before, or in a
   *     way that does not tell ({@link ColumnTold})
   */
  boolean isNew(SourceRecord event) {
    Description before = last.get(event.valueSchema().name());
    if (before != null && before.value() == event.valueSchema()) {
      return false;
    }
    var now = new Description(event.keySchema(), event.valueSchema());
    last.put(event.valueSchema().name(), now);
    return before == null || !before.says(now);
  }
}
