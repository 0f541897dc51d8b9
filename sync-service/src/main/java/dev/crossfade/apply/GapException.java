package dev.crossfade.apply;

/** Records that the store needs are gone. The message says which, and how to go on. */
final class GapException extends RuntimeException {
  GapException(String message) {
    super(message);
  }
}
