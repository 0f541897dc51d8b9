package dev.crossfade.capture;

import dev.crossfade.control.CaptureState;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Stamp;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.source.postgresql.SlotStatus;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** What one generation's stream asks and tells; on the engine's thread. */
record Generation(
    PostgresSource source,
    ControlDatabase control,
    StatusBoard board,
    Watch watch,
    CaptureState state,
    long number,
    Lsn base,
    BiConsumer<CaptureState, SlotStatus> guard,
    Runnable shapes)
    implements Stream.Surroundings {

  /**
   * The slot may have been dropped and made again between the check and the connect, even by the
   * engine, which makes a slot that it does not find.
   */
  @Override
  public void checkAgain() {
    SlotStatus now = source.status();
    guard.accept(state, now);
    SlotStatus.Slot slot = now.slot().orElseThrow();
    if (!slot.confirmed().equals(base) || slot.activePid().isEmpty()) {
      throw new IllegalStateException(
          "the slot moved from %s to %s, or lost its connection, while the stream began"
              .formatted(base, slot.confirmed()));
    }
  }

  @Override
  public void streams() {
    board.state(CaptureStatus.State.STREAMING, "streams");
  }

  @Override
  public void checkShapes() {
    shapes.run();
  }

  @Override
  public void published(
      Lsn end, Instant committed, Map<String, Stamp> released, Optional<Instant> marker) {
    var all = new TreeMap<>(state.released());
    all.putAll(released);
    control.published(source.name(), number, end, committed, all);
    board.published(end, committed, marker);
  }

  @Override
  public void progress(long changes) {
    watch.progress();
    board.sent(changes);
  }
}
