package dev.crossfade.capture.log;

import java.util.List;

/** Takes what the log says, on the engine's thread. What it throws ends the engine. */
@FunctionalInterface
public interface LogConsumer {
  /**
   * Takes some events, which follow upon those before; a transaction may come in several parts.
   *
   * @param release may be called now and later, from this thread while it takes events
   */
  void take(List<LogEvent> events, Release release) throws InterruptedException;

  /** Lets the source forget its log. */
  @FunctionalInterface
  interface Release {
    /** The slot may move up to this END: it is not asked for anything before it again. */
    void upTo(LogEvent.End end) throws InterruptedException;
  }
}
