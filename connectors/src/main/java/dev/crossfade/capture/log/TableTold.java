package dev.crossfade.capture.log;

import dev.crossfade.event.TableName;
import java.util.List;

/**
 * A table as the log describes it. Two that are equal say the same of it; the server says it again
 * whenever its own caches were told to forget it, so after each ANALYZE and VACUUM too. Immutable.
 *
 * @param columns their names, in the order of the values of an {@link Image}
 * @param types what is said of each column's type
 * @param primaryKey names of its columns
 */
public record TableTold(
    TableName name, List<String> columns, List<String> types, List<String> primaryKey) {
  /** Keeps copies. */
  public TableTold {
    columns = List.copyOf(columns);
    types = List.copyOf(types);
    primaryKey = List.copyOf(primaryKey);
  }
}
