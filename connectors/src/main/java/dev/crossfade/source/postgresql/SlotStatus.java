package dev.crossfade.source.postgresql;

import dev.crossfade.event.Lsn;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The server and our slot on it at one moment.
 *
 * @param current end of the log
 * @param slot empty if there is no slot of that name
 */
public record SlotStatus(String systemIdentifier, int timeline, Lsn current, Optional<Slot> slot) {
  /**
   * @param confirmed up to where the slot was released: where a connection starts
   * @param walStatus reserved, extended, unreserved or lost
   * @param activePid the backend that streams from it; empty if none does
   * @param retainedBytes log that the server keeps for the slot
   */
  public record Slot(
      String plugin,
      String database,
      Lsn confirmed,
      String walStatus,
      OptionalInt activePid,
      OptionalLong retainedBytes) {}
}
