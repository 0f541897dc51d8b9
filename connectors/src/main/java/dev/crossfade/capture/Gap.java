package dev.crossfade.capture;

/** Changes that the topics can no longer get: nothing may flow until somebody decides. */
final class Gap extends RuntimeException {
  Gap(String message) {
    super(message);
  }
}
