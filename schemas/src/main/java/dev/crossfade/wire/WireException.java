package dev.crossfade.wire;

/** Bytes in a topic that are not a record of Crossfade. The message names the field. */
public final class WireException extends RuntimeException {
  WireException(String message, Throwable cause) {
    super(message, cause);
  }
}
