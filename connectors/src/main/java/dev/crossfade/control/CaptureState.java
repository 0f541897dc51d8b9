package dev.crossfade.control;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Stamp;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What capture remembers of a source.
 *
 * @param epoch 0 before the first load
 * @param generation the last one that was begun; 0 before the first
 * @param systemIdentifier of the server that the slot is on; empty before the first load
 * @param published END of the last transaction that Kafka has acknowledged and that the source may
 *     therefore have been told to forget
 * @param publishedAt when that transaction was committed; empty if it is not known
 * @param released topic to the stamp of its last record up to {@code published}
 * @param topics topic to the id that Kafka gave it
 * @param captured domain to table to column to type, as far as the topics have all of it
 */
public record CaptureState(
    int epoch,
    long generation,
    LoadState load,
    String systemIdentifier,
    int timeline,
    Lsn published,
    Optional<Instant> publishedAt,
    Map<String, Stamp> released,
    Map<String, String> topics,
    Map<String, Map<String, Map<String, String>>> captured) {

  /** WANTED: somebody asked for a new load. LOADING: one began and has not ended. */
  public enum LoadState {
    NONE,
    WANTED,
    LOADING,
    DONE
  }

  public CaptureState {
    released = Map.copyOf(released);
    topics = Map.copyOf(topics);
    captured = Map.copyOf(captured);
    if (load == LoadState.DONE && (epoch < 1 || systemIdentifier.isEmpty())) {
      throw new IllegalArgumentException("a load that is done has an epoch and a server");
    }
  }
}
