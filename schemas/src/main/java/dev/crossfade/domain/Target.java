package dev.crossfade.domain;

import dev.crossfade.event.TableName;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A service table that a domain derives.
 *
 * @param table as the store names it, {@code table} or {@code schema.table}
 * @param select the mapping: a SELECT over the mirror with {@code = any(:keys)}
 * @param key the columns that identify a row of the target
 * @param aggregate the target's column that holds the aggregate's id
 * @param owner SQL over {@code k}, the source's aggregate id, that gives the value of {@code
 *     aggregate}; empty where ids are kept
 * @param per the captured table of which every row must derive a row; empty if none
 * @param once columns that keep the value of the first derivation
 * @param rows SQL predicate over the target's columns for the rows that Crossfade owns; empty if
 *     all
 * @param placeholders column to SQL expression over the target's columns: what a unique value is
 *     set to while it moves between two rows
 * @param triggers whether the target's triggers fire when Crossfade writes
 */
public record Target(
    String table,
    String select,
    List<String> key,
    String aggregate,
    Optional<String> owner,
    Optional<TableName> per,
    Set<String> once,
    Optional<String> rows,
    Map<String, String> placeholders,
    Triggers triggers) {

  /**
   * RUN: as for any client. SUPPRESS: by session_replication_role, which skips FK checks too.
   * UNSTATED: nobody said; a target that has triggers is refused until somebody does.
   */
  public enum Triggers {
    RUN,
    SUPPRESS,
    UNSTATED
  }

  public Target {
    key = List.copyOf(key);
    once = Set.copyOf(once);
    placeholders = Map.copyOf(placeholders);
    if (key.isEmpty()) {
      throw new IllegalArgumentException("target " + table + " names no key");
    }
  }
}
