package dev.crossfade.event;

import java.time.Instant;

/**
 * A message that Crossfade wrote into the source's log inside a transaction and that must come out
 * at the far end of every domain. A marker is <em>through</em> a domain when apply has committed
 * it.
 *
 * @param id unique; whoever wrote the marker finds it again by this
 * @param ts the source's clock when it was written
 */
public record Marker(String id, Kind kind, Position position, Instant ts) implements TopicRecord {
  /** The prefix of the logical messages that are markers. */
  public static final String PREFIX = "crossfade";

  /** HEARTBEAT: written every second by capture. FENCE: somebody waits until it is through. */
  public enum Kind {
    HEARTBEAT,
    FENCE
  }

  public Marker {
    if (id.isEmpty()) {
      throw new IllegalArgumentException("a marker needs an id");
    }
  }
}
