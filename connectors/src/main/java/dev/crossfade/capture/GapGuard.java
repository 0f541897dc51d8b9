package dev.crossfade.capture;

import dev.crossfade.control.CaptureState;
import dev.crossfade.control.CaptureState.LoadState;
import dev.crossfade.publish.Topics;
import dev.crossfade.source.postgresql.SlotStatus;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Compares what capture remembers with what it finds, before every connect. With offsets in the
 * slot alone, a slot that somebody dropped and made again would lose changes silently: this finds
 * it.
 */
final class GapGuard {
  private static final String RELOAD =
      "; ask for a new load of the source, which makes the stores complete again";

  private GapGuard() {}

  /** What is lost, in one sentence; empty if nothing is. */
  static Optional<String> find(
      String slotName, CaptureState state, SlotStatus server, Map<String, Topics.Found> topics) {
    if (state.load() == LoadState.NONE) {
      return server.slot().isPresent()
          ? gap("the slot %s exists, but the control database knows nothing of it", slotName)
          : Optional.empty();
    } else if (state.load() != LoadState.DONE) {
      return Optional.empty(); // a load begins with a new slot
    }
    if (!server.systemIdentifier().equals(state.systemIdentifier())) {
      return gap(
          "the source is another server (system identifier %s, expected %s)",
          server.systemIdentifier(), state.systemIdentifier());
    }
    if (server.timeline() != state.timeline()) {
      return gap(
          "the source was failed over or restored (timeline %d, expected %d)",
          server.timeline(), state.timeline());
    }
    Optional<String> useless = slot(slotName, server.slot());
    if (useless.isPresent()) {
      return useless;
    }
    SlotStatus.Slot slot = server.slot().orElseThrow();
    if (slot.confirmed().compareTo(state.published()) > 0) {
      return gap(
          "the slot %s was released to %s, but only changes up to %s are in Kafka: the slot was made"
              + " again or read by somebody else",
          slotName, slot.confirmed(), state.published());
    }
    if (server.current().compareTo(state.published()) < 0) {
      return gap(
          "the source's log ends at %s, before %s, which was captured already: it was restored from a"
              + " backup or lost its last changes",
          server.current(), state.published());
    }
    return topics(state.topics(), topics);
  }

  /** What is lost with the slot itself, which may happen at any moment. */
  static Optional<String> slot(String name, Optional<SlotStatus.Slot> found) {
    if (found.isEmpty()) {
      return gap("the slot %s is gone from the source", name);
    } else if (found.get().walStatus().equals("lost")) {
      return gap(
          "the source has removed log that the slot %s still needed (wal_status lost, see"
              + " max_slot_wal_keep_size)",
          name);
    }
    return Optional.empty();
  }

  /**
   * What is lost with the topics, which may happen at any moment.
   *
   * @param known topic to the id that it had when it was loaded
   */
  static Optional<String> topics(Map<String, String> known, Map<String, Topics.Found> topics) {
    for (var topic : new TreeMap<>(known).entrySet()) {
      Topics.Found found = topics.get(topic.getKey());
      if (found == null) {
        return gap("the topic %s is gone from Kafka", topic.getKey());
      } else if (!found.id().equals(topic.getValue())) {
        return gap("the topic %s was deleted and made again", topic.getKey());
      } else if (found.partitions() != 1) {
        return gap(
            "the topic %s has %d partitions, expected 1, which keeps one order: delete the topic",
            topic.getKey(), found.partitions());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> gap(String what, Object... values) {
    return Optional.of(what.formatted(values) + RELOAD);
  }
}
