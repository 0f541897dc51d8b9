package dev.crossfade.event;

import java.time.Instant;

/**
 * The end of an epoch's first load: the mirror is complete, rows of older epochs are gone from the
 * source, and everything may be derived.
 *
 * @param rows how many rows of this domain were sent
 */
public record LoadEnd(int epoch, long rows, Instant ts) implements TopicRecord {
  public LoadEnd {
    if (epoch < 1 || rows < 0) {
      throw new IllegalArgumentException("load end of epoch " + epoch + " with " + rows + " rows");
    }
  }
}
