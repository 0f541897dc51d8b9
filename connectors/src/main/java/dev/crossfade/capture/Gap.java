package dev.crossfade.capture;

/** Changes that the topics can no longer get: nothing may flow until somebody decides. */
final class Gap extends RuntimeException {
  private final boolean inLog;

  Gap(String message) {
    this(message, false);
  }

  /**
   * @param inLog whether the source's log had to be read to find it
   */
  Gap(String message, boolean inLog) {
    super(message);
    this.inLog = inLog;
  }

  boolean inLog() {
    return inLog;
  }
}
