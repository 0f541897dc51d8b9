package dev.crossfade.event;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The first record (sequence 0) of a generation: one connection of capture to the source, from its
 * start to the first failure. What follows continues after {@code released}; whoever has less than
 * that has lost records.
 *
 * @param epoch the epoch of every position in this generation
 * @param released the last record of this topic that capture released in the source before this
 *     generation and that will therefore never be delivered again; empty for the first generation
 *     of an epoch
 * @param load whether the records up to the next {@link LoadEnd} are the epoch's first load
 * @param tables the shapes of the domain's captured tables: with them the topic alone suffices to
 *     rebuild a store
 */
public record GenerationStart(
    String source,
    int epoch,
    Optional<Stamp> released,
    boolean load,
    List<TableShape> tables,
    Instant ts)
    implements TopicRecord {
  public GenerationStart {
    tables = List.copyOf(tables);
    if (load && released.isPresent()) {
      throw new IllegalArgumentException("a load begins an epoch: nothing was released before it");
    }
  }
}
