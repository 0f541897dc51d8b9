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

  /** A marker comes each second, so that up to two seconds of silence mean nothing. */
  private static final Duration USUAL = Duration.ofSeconds(2);

  /**
   * How far the store is behind: the last marker's lag, or how long none has come if that is more.
   * The lag of a dead pipe must not look like that of its last good second. Empty if not known;
   * another process that owns the domain has its own.
   */
  public Optional<Duration> lag(Instant now) {
    if (state == State.STANDBY || lastMarkerThrough.isEmpty()) {
      return Optional.empty();
    }
    Duration silence = Duration.between(lastMarkerThrough.get(), now);
    if (silence.compareTo(USUAL) < 0) {
      return endToEnd;
    }
    return endToEnd.filter(lag -> lag.compareTo(silence) > 0).or(() -> Optional.of(silence));
  }

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
