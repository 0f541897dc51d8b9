package dev.crossfade.source.postgresql;

import java.util.OptionalLong;

/**
 * The log that a server keeps for a slot.
 *
 * @param streamed whether somebody streams from the slot now, so that the log can go
 * @param limit what it keeps at most (max_slot_wal_keep_size), beyond which the slot is lost; empty
 *     if it keeps everything, until its disk is full
 */
public record RetainedWal(long bytes, boolean streamed, OptionalLong limit) {
  /** Whether more than half of what is kept at most is used up: the slot may soon be lost. */
  public boolean nearsLimit() {
    return limit.isPresent() && bytes > limit.getAsLong() / 2;
  }

  /** Whether more and more is kept, and nothing but a full disk ends that. */
  public boolean growsWithoutLimit() {
    return limit.isEmpty() && !streamed;
  }
}
