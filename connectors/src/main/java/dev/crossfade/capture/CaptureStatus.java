package dev.crossfade.capture;

import dev.crossfade.event.Lsn;
import dev.crossfade.source.postgresql.RetainedWal;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How capture of a source is doing, at one moment.
 *
 * @param detail what it does or waits for; in RETRYING and GAP what is wrong and how to go on
 * @param generation of this process's last connection; 0 before the first
 * @param events changes sent since this process started, loads included
 * @param published END of the last transaction that Kafka has acknowledged
 * @param lastMarkerPublished the source's time in the last marker that Kafka has acknowledged
 * @param lastMarkerSeen this process's time when Kafka had acknowledged that marker
 * @param retainedWal log that the source keeps for the slot, whoever captures it and whatever the
 *     state; empty if the source does not say
 * @param captureLag from the commit of the last transaction that Kafka has acknowledged to now;
 *     empty while that is not known
 */
public record CaptureStatus(
    State state,
    String detail,
    int epoch,
    long generation,
    long events,
    Optional<Lsn> published,
    Optional<Instant> lastMarkerPublished,
    Optional<Instant> lastMarkerSeen,
    Optional<RetainedWal> retainedWal,
    Optional<Duration> captureLag) {

  /**
   * STANDBY: another process captures. RETRYING: something failed and is tried again. GAP: changes
   * are lost between source and topics; nothing flows until somebody decides.
   */
  public enum State {
    STANDBY,
    CHECKING,
    LOADING,
    STREAMING,
    RETRYING,
    GAP,
    STOPPED
  }
}
