package dev.crossfade.apply;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Where the thread that applies a domain says how it is, and any thread may look. {@link #status},
 * {@link #through} and {@link #markerThrough} are for any thread, the rest for that one.
 */
final class ApplyBoard {
  /** Longer than a turn takes: the status of a thread that reports nothing is no longer known. */
  static final Duration STALE = Duration.ofSeconds(5);

  private final LagWindow lags = new LagWindow();
  private volatile ApplyStatus status;
  private volatile long reportedAt;

  private long applied;
  private Optional<Duration> endToEnd = Optional.empty();
  private Optional<Instant> lastMarkerThrough = Optional.empty();

  ApplyBoard() {
    report(ApplyStatus.State.STARTING, "", Optional.empty());
  }

  ApplyStatus status() {
    ApplyStatus seen = status;
    long seconds = (System.nanoTime() - reportedAt) / 1_000_000_000;
    boolean stale = seconds >= STALE.toSeconds();
    Optional<Duration[]> quantiles = lags.quantiles(0.5, 0.99);
    return new ApplyStatus(
        seen.state(),
        stale && seen.detail().isEmpty() ? "has been busy for " + seconds + " s" : seen.detail(),
        seen.position(),
        seen.appliedRecords(),
        stale ? -1 : seen.consumerLag(),
        seen.endToEnd(),
        quantiles.map(q -> q[0]),
        quantiles.map(q -> q[1]),
        seen.lastMarkerThrough(),
        seen.parked(),
        seen.dirty());
  }

  /** A record was taken. */
  void took() {
    applied++;
  }

  /** Transactions are in the store now, which were committed at the source at these times. */
  void through(List<Instant> commits) {
    Instant now = Instant.now();
    commits.forEach(commit -> lags.add(Duration.between(commit, now)));
  }

  /** A marker is through, which the source's clock gave this time. */
  synchronized void markerThrough(Instant written) {
    Instant now = Instant.now();
    endToEnd = Optional.of(Duration.between(written, now));
    lastMarkerThrough = Optional.of(now);
  }

  /** Another owns the domain: its lag is not ours to tell. */
  synchronized void forgetLag() {
    endToEnd = Optional.empty();
    lastMarkerThrough = Optional.empty();
  }

  /** Whether this is not what was reported last. */
  boolean isNew(ApplyStatus.State state, String detail) {
    return status.state() != state || !status.detail().equals(detail);
  }

  /** What is parked and dirty stays as it was reported last. */
  void report(ApplyStatus.State state, String detail, Optional<Progress> durable) {
    long parked = status == null ? 0 : status.parked();
    long dirty = status == null ? 0 : status.dirty();
    report(state, detail, durable, -1, parked, dirty);
  }

  synchronized void report(
      ApplyStatus.State state,
      String detail,
      Optional<Progress> durable,
      long lag,
      long parked,
      long dirty) {
    reportedAt = System.nanoTime();
    status =
        new ApplyStatus(
            state,
            detail,
            durable.flatMap(Progress::position),
            applied,
            lag,
            endToEnd,
            Optional.empty(),
            Optional.empty(),
            lastMarkerThrough,
            parked,
            dirty);
  }
}
