package dev.crossfade.control;

/** The control database could not do what was asked, or says that another has taken over. */
public final class ControlException extends RuntimeException {
  ControlException(String message) {
    super(message);
  }

  ControlException(String message, Throwable cause) {
    super(message, cause);
  }
}
