package dev.crossfade.apply;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.event.Stamp;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a domain's store is. Immutable; the durable copy is the domain's row in {@code
 * crossfade.progress}.
 *
 * @param place where in the topic
 * @param position the last transaction that is wholly in the mirror
 * @param open the transaction of which only a part is in the mirror: until one at or after it is
 *     complete, nothing is derived
 * @param loadedEpoch changes of older epochs are refused
 * @param heartbeat the last marker that is through
 * @param furthest the furthest position that the mirror ever had, also before a replay; empty if it
 *     had none
 */
record Progress(
    Place place,
    Optional<Position> position,
    Optional<Position> open,
    int loadedEpoch,
    Optional<Heartbeat> heartbeat,
    Optional<Position> furthest) {

  /**
   * @param nextOffset the next Kafka offset to read
   * @param generation of the last record taken, 0 before the first
   * @param sequence of the last record taken; {@link #ANY} after a replay was asked for
   * @param voidGeneration a hole was found: what remains of the generations up to this one does not
   *     count
   * @param applied records taken over the domain's life
   */
  record Place(
      String topicId,
      long nextOffset,
      long generation,
      long sequence,
      long voidGeneration,
      long applied) {
    /** The stamp of the next record is taken as it comes, whatever it is. */
    static final long ANY = -2;

    Place take(Stamp stamp, long offset) {
      return new Place(
          topicId, offset + 1, stamp.generation(), stamp.sequence(), voidGeneration, applied + 1);
    }

    Place skip(long offset) {
      return new Place(topicId, offset + 1, generation, sequence, voidGeneration, applied);
    }

    Place hole(long inGeneration) {
      return new Place(topicId, nextOffset, generation, sequence, inGeneration, applied);
    }

    Place ofTopic(String id) {
      return new Place(id, nextOffset, generation, sequence, voidGeneration, applied);
    }
  }

  /**
   * @param ts the source's clock when the marker was written
   */
  record Heartbeat(String id, Instant ts) {}

  Progress at(Place now) {
    return new Progress(now, position, open, loadedEpoch, heartbeat, furthest);
  }

  /** A transaction is wholly in the mirror, and so is one that was open before it. */
  Progress completes(Position transaction) {
    boolean closes = open.isPresent() && !before(transaction, open.get());
    return new Progress(
        place,
        Optional.of(transaction),
        closes ? Optional.empty() : open,
        loadedEpoch,
        heartbeat,
        further(transaction));
  }

  /** Part of a transaction goes into the mirror. */
  Progress opens(Position transaction) {
    boolean later = open.isEmpty() || before(open.get(), transaction);
    return new Progress(
        place,
        position,
        later ? Optional.of(transaction) : open,
        loadedEpoch,
        heartbeat,
        further(transaction));
  }

  Progress endsLoad(int epoch) {
    Position load = Position.ofLoad(epoch);
    return new Progress(
        place, Optional.of(load), Optional.empty(), epoch, heartbeat, further(load));
  }

  Progress passes(Heartbeat marker) {
    return new Progress(place, position, open, loadedEpoch, Optional.of(marker), furthest);
  }

  /** The mirror has changes up to this position. */
  Progress reaches(Position change) {
    return new Progress(place, position, open, loadedEpoch, heartbeat, further(change));
  }

  private Optional<Position> further(Position than) {
    return furthest.isPresent() && furthest.get().compareTo(than) >= 0
        ? furthest
        : Optional.of(than);
  }

  /** Transactions compare by epoch and base alone: rows of one transaction share them. */
  private static boolean before(Position one, Position other) {
    int byEpoch = Integer.compare(one.epoch(), other.epoch());
    return byEpoch != 0 ? byEpoch < 0 : one.base().compareTo(other.base()) < 0;
  }

  int epoch() {
    return position.map(Position::epoch).orElse(0);
  }

  Lsn base() {
    return position.map(Position::base).orElse(Lsn.ZERO);
  }

  Lsn lsn() {
    return position.map(Position::lsn).orElse(Lsn.ZERO);
  }
}
