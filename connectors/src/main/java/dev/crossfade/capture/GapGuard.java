package dev.crossfade.capture;

import dev.crossfade.control.CaptureState;
import dev.crossfade.control.CaptureState.LoadState;
import dev.crossfade.source.postgresql.SlotStatus;
import java.util.Map;
import java.util.Optional;

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
      String slotName, CaptureState state, SlotStatus server, Map<String, String> topics) {
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
    if (server.slot().isEmpty()) {
      return gap("the slot %s is gone from the source", slotName);
    }
    SlotStatus.Slot slot = server.slot().get();
    if (slot.walStatus().equals("lost")) {
      return gap(
          "the source has removed log that the slot %s still needed (wal_status lost, see"
              + " max_slot_wal_keep_size)",
          slotName);
    }
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
    for (var topic : state.topics().entrySet()) {
      String found = topics.get(topic.getKey());
      if (found == null) {
        return gap("the topic %s is gone from Kafka", topic.getKey());
      } else if (!found.equals(topic.getValue())) {
        return gap("the topic %s was deleted and made again", topic.getKey());
      }
    }
    return Optional.empty();
  }

  private static Optional<String> gap(String what, Object... values) {
    return Optional.of(what.formatted(values) + RELOAD);
  }
}
