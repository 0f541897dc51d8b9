package dev.crossfade.capture;

import dev.crossfade.capture.CaptureStatus.State;
import dev.crossfade.event.Lsn;
import dev.crossfade.source.postgresql.RetainedWal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Collects what the threads of a capture know of it. Safe for several threads. */
final class StatusBoard {
  private State state = State.CHECKING;
  private String detail = "not started";
  private int epoch;
  private long generation;
  private long events;
  private boolean streamed;
  private Optional<Lsn> published = Optional.empty();
  private Optional<Instant> committed = Optional.empty();
  private Optional<Instant> markerPublished = Optional.empty();
  private Optional<Instant> markerSeen = Optional.empty();
  private Optional<RetainedWal> retained = Optional.empty();

  /** Returns whether anything changed, so that a failure that stays is logged once. */
  synchronized boolean state(State now, String why) {
    boolean news = !detail.equals(why) && now != State.CHECKING;
    if (now != State.CHECKING || state != State.GAP && state != State.RETRYING) {
      // a check that follows a failure does not hide it
      state = now;
      detail = why;
    }
    streamed |= now == State.STREAMING;
    return news;
  }

  /** Whether the stream ran since this was asked last. */
  synchronized boolean streamed() {
    boolean was = streamed;
    streamed = false;
    return was;
  }

  synchronized void generation(int inEpoch, long number) {
    epoch = inEpoch;
    generation = number;
  }

  synchronized void sent(long changes) {
    events += changes;
  }

  synchronized void published(Lsn end, Instant commit, Optional<Instant> marker) {
    published = Optional.of(end);
    committed = Optional.of(commit);
    if (marker.isPresent()) {
      markerPublished = marker;
      markerSeen = Optional.of(Instant.now());
    }
  }

  synchronized void retained(Optional<RetainedWal> now) {
    retained = now;
  }

  synchronized CaptureStatus status() {
    return new CaptureStatus(
        state,
        detail,
        epoch,
        generation,
        events,
        published,
        markerPublished,
        markerSeen,
        retained,
        committed.map(commit -> Duration.between(commit, Instant.now())));
  }
}
