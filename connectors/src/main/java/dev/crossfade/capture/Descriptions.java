package dev.crossfade.capture;

import dev.crossfade.capture.log.TableTold;
import dev.crossfade.event.TableName;
import java.util.HashMap;
import java.util.Map;

/** What the log has said last of each table. Most of what it says again is not new. One thread. */
final class Descriptions {
  private final Map<TableName, TableTold> last = new HashMap<>();

  /**
   * Takes note of how a table is described.
   *
   * @return whether it is described for the first time, or otherwise than before, or in a way that
   *     does not tell
   */
  @SuppressWarnings("ReferenceEquality")
  boolean isNew(TableTold told) {
    TableTold before = last.put(told.name(), told);
    return before != told && !told.equals(before);
  }
}
