package dev.crossfade.apply;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides which records of the topic count, and puts whole transactions together. A record counts
 * if it is the next of its generation or the first of a higher one; a hole makes the rest of a
 * generation void. No I/O. Owned by the thread that applies the domain.
 */
final class Intake {
  /** Whole transactions in order, and the progress that a store has which applied them. */
  record Batch(
      List<ChangeEvent> changes, List<Marker> markers, List<Instant> commits, Progress after) {
    boolean isEmpty() {
      return changes.isEmpty() && markers.isEmpty();
    }

    /** The same, when the changes are merged, and so need not be held any more. */
    Batch withoutChanges() {
      return new Batch(List.of(), markers, commits, after);
    }
  }

  private final String domain;

  /** After the last whole transaction that was taken in. */
  private Progress whole;

  /** Where the last record stands, which may be in the middle of a transaction. */
  private Progress.Place seen;

  private List<ChangeEvent> changes = new ArrayList<>();
  private List<Marker> markers = new ArrayList<>();
  private List<Instant> commits = new ArrayList<>();
  private List<ChangeEvent> openChanges = new ArrayList<>();
  private final List<Marker> openMarkers = new ArrayList<>();

  /** Records are missing: nothing counts until the load of a higher epoch begins. */
  private boolean gap;

  /** When, by the source's clock, the markers were written that came after a hole. */
  private Optional<Instant> firstAfterHole = Optional.empty();

  private Optional<Instant> lastAfterHole = Optional.empty();

  /**
   * The newest generation whose start the store has applied; those up to it come again in a replay.
   */
  private long newest;

  /**
   * @param gap whether the store is known to lack records
   * @param newest the newest generation whose start the store has applied
   */
  Intake(String domain, Progress durable, boolean gap, long newest) {
    this.newest = newest;
    this.domain = domain;
    this.whole = durable;
    this.seen = durable.place();
    this.gap = gap;
  }

  boolean gap() {
    return gap;
  }

  /**
   * Whether the record at this offset counts; if not, it is passed over.
   *
   * @throws GapException if a new generation says that records were released which never came
   */
  boolean accepts(Stamp stamp, TopicRecord topicRecord, long offset) {
    long generation = stamp.generation();
    boolean next;
    if (gap) {
      next =
          topicRecord instanceof GenerationStart start
              && start.load()
              && start.epoch() > Math.max(whole.epoch(), whole.loadedEpoch());
      gap = !next;
      if (gap) {
        return false;
      }
    } else if (ofFormerEpoch(stamp, topicRecord)) {
      dropOpen();
      seen = seen.hole(generation);
      next = false;
    } else if (seen.sequence() == Progress.Place.ANY && generation > seen.voidGeneration()) {
      next = true;
    } else if (generation <= seen.voidGeneration() || generation < seen.generation()) {
      next = false;
    } else if (generation == seen.generation()) {
      next = stamp.sequence() == seen.sequence() + 1;
      if (stamp.sequence() > seen.sequence() + 1) {
        dropOpen();
        seen = seen.hole(generation);
      }
    } else {
      next = stamp.sequence() == 0 && topicRecord instanceof GenerationStart;
      dropOpen();
      if (next) {
        checkReleased((GenerationStart) topicRecord, stamp, offset);
      } else {
        seen = seen.hole(generation);
      }
    }
    if (!next) {
      if (topicRecord instanceof Marker marker && isVoid() && generation == seen.voidGeneration()) {
        firstAfterHole = Optional.of(firstAfterHole.orElse(marker.ts()));
        lastAfterHole = Optional.of(marker.ts());
      }
      seen = seen.skip(offset);
      if (openChanges.isEmpty() && openMarkers.isEmpty()) {
        whole = whole.at(seen);
      }
    }
    return next;
  }

  /** A replay passes over generations from before the load that the store has. */
  private boolean ofFormerEpoch(Stamp stamp, TopicRecord topicRecord) {
    int epoch = Integer.MAX_VALUE;
    if (topicRecord instanceof GenerationStart start) {
      epoch = start.epoch();
    } else if (topicRecord instanceof LoadEnd end) {
      epoch = end.epoch();
    }
    return epoch < whole.loadedEpoch() && stamp.generation() <= newest;
  }

  /** Whether a hole was found: what comes counts only from the next generation on. */
  boolean isVoid() {
    return seen.generation() > 0 && seen.voidGeneration() >= seen.generation() && !gap;
  }

  /**
   * For how long, by the source's clock, a generation has gone on that has a hole. A record that
   * Kafka did not take ends a generation at once: one that goes on has lost records that Kafka
   * took.
   */
  Duration goesOnAfterHole() {
    return isVoid() && firstAfterHole.isPresent()
        ? Duration.between(firstAfterHole.get(), lastAfterHole.orElseThrow())
        : Duration.ZERO;
  }

  /** An unfinished transaction does not count once its generation has ended: it comes again. */
  private void dropOpen() {
    openChanges.clear();
    openMarkers.clear();
    seen =
        new Progress.Place(
            seen.topicId(),
            seen.nextOffset(),
            whole.place().generation(),
            whole.place().sequence(),
            seen.voidGeneration(),
            whole.place().applied());
  }

  private void checkReleased(GenerationStart start, Stamp stamp, long offset) {
    int epoch = Math.max(whole.epoch(), whole.loadedEpoch());
    if (start.epoch() < epoch) {
      throw gap(
          "generation %d at offset %d belongs to epoch %d, and the store is in epoch %d already"
              .formatted(stamp.generation(), offset, start.epoch(), epoch));
    }
    if (start.load()) {
      return;
    }
    if (start.released().isEmpty()) {
      throw gap(
          "generation %d at offset %d continues nothing and is no load"
              .formatted(stamp.generation(), offset));
    }
    Stamp released = start.released().get();
    if (seen.generation() == 0
        || new Stamp(seen.generation(), Math.max(0, seen.sequence())).compareTo(released) < 0) {
      throw gap(
          "generation %d at offset %d continues after (%d, %d), and the store has only (%d, %d): the records between are lost"
              .formatted(
                  stamp.generation(),
                  offset,
                  released.generation(),
                  released.sequence(),
                  seen.generation(),
                  seen.sequence()));
    }
    if (start.epoch() > epoch) {
      throw gap("epoch %d begins at offset %d without a load".formatted(start.epoch(), offset));
    }
  }

  private GapException gap(String what) {
    return new GapException("domain " + domain + ": " + what + "; load the domain again");
  }

  /** Takes in a change or a marker that counts. */
  void take(Stamp stamp, boolean last, TopicRecord topicRecord, long offset) {
    seen = seen.take(stamp, offset);
    Position position;
    Instant commit;
    if (topicRecord instanceof ChangeEvent change) {
      openChanges.add(change);
      position = change.position();
      commit = change.ts();
    } else if (topicRecord instanceof Marker marker) {
      openMarkers.add(marker);
      position = marker.position();
      commit = marker.ts();
    } else {
      throw new IllegalArgumentException("not part of a transaction: " + topicRecord);
    }
    if (last) {
      changes.addAll(openChanges);
      markers.addAll(openMarkers);
      commits.add(commit);
      openChanges.clear();
      whole = whole.at(seen).completes(position);
      for (Marker marker : openMarkers) {
        whole = whole.passes(new Progress.Heartbeat(marker.id(), marker.ts()));
      }
      openMarkers.clear();
    }
  }

  /** What is missing, once it is known that nobody sends it again. */
  GapException lost() {
    return gap(
        "records after (%d, %d) are missing in the topic, and generation %d has gone on without them"
            .formatted(seen.generation(), seen.sequence(), seen.voidGeneration()));
  }

  /** The progress after a generation's first record, which stands for itself. */
  Progress begin(Stamp stamp, GenerationStart start, long offset) {
    // a load begins anew, whatever was void before
    seen = (start.load() ? seen.hole(0) : seen).take(stamp, offset);
    newest = Math.max(newest, stamp.generation());
    firstAfterHole = Optional.empty();
    whole = whole.at(seen);
    if (start.load()) {
      whole = whole.opens(Position.ofLoad(start.epoch()));
    }
    return whole;
  }

  /** The progress after a load's last record. */
  Progress end(Stamp stamp, LoadEnd end, long offset) {
    seen = seen.take(stamp, offset);
    whole = whole.at(seen).endsLoad(end.epoch());
    return whole;
  }

  int wholeSize() {
    return changes.size();
  }

  int openSize() {
    return openChanges.size();
  }

  /** Takes out the whole transactions. */
  Batch drain() {
    var batch = new Batch(changes, markers, commits, whole);
    changes = new ArrayList<>();
    markers = new ArrayList<>();
    commits = new ArrayList<>();
    return batch;
  }

  /** Takes out a part of the open transaction; call {@link #drain} first. */
  Optional<Batch> drainOpen() {
    if (openChanges.isEmpty()) {
      return Optional.empty();
    }
    Position last = openChanges.get(openChanges.size() - 1).position();
    whole = whole.at(seen).opens(openChanges.get(0).position()).reaches(last);
    var batch = new Batch(openChanges, List.of(), List.of(), whole);
    openChanges = new ArrayList<>();
    return Optional.of(batch);
  }
}
