package dev.crossfade.apply;

import dev.crossfade.event.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What apply knows of one domain, an immutable snapshot for other threads.
 *
 * @param detail why, if the state is not a good one; empty otherwise
 * @param position the last transaction that is in the store
 * @param appliedRecords since this process started
 * @param consumerLag records in the topic that are not consumed; -1 if unknown
 * @param endToEnd from commit at the source to commit in the store, of the last marker
 * @param p50 of that duration over the transactions of the last minute
 * @param lastMarkerThrough when the last marker was committed here
 * @param parked aggregates that could not be derived
 * @param dirty aggregates that wait to be derived for the first time
 */
public record ApplyStatus(
    State state,
    String detail,
    Optional<Position> position,
    long appliedRecords,
    long consumerLag,
    Optional<Duration> endToEnd,
    Optional<Duration> p50,
    Optional<Duration> p99,
    Optional<Instant> lastMarkerThrough,
    long parked,
    long dirty) {

  /** The life of a domain's apply in one process. */
  public enum State {
    /** Another instance owns the domain. */
    STANDBY,
    STARTING,
    /** A load is under way, or not wholly derived. */
    LOADING,
    FOLLOWING,
    /** Something failed that may pass; tried again. */
    RETRYING,
    /** Records are missing: nothing is applied past the gap. */
    GAP,
    STOPPED
  }
}
