package dev.crossfade.domain;

import dev.crossfade.event.TableName;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A table of the source as one domain captures it.
 *
 * @param role what the domain takes it for
 * @param columns what may leave the source, in any order; empty for all
 * @param sensitive columns that never appear in logs, pages, errors or command output
 */
public record CapturedTable(
    TableName name, Role role, List<String> columns, Set<String> sensitive) {

  /** Either rows of aggregates, or rows that a mapping only looks up. */
  public sealed interface Role permits Aggregate, Reference {}

  /**
   * Rows that belong to an aggregate.
   *
   * @param column the column that holds the aggregate's id
   */
  public record Aggregate(String column) implements Role {}

  /**
   * Rows that mappings look up.
   *
   * @param dependants a SELECT of the aggregate ids that a change of the rows {@code :keys} makes
   *     dirty; empty if the table feeds only {@code once} columns
   */
  public record Reference(Optional<String> dependants) implements Role {}

  public CapturedTable {
    columns = List.copyOf(columns);
    sensitive = Set.copyOf(sensitive);
  }

  /** Whether a column may leave the source. */
  public boolean takes(String column) {
    return columns.isEmpty() || columns.contains(column);
  }
}
