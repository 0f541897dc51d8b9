package dev.crossfade.lab;

/** Something that the lab needs could not be done; the message says what and to which thing. */
public final class LabException extends RuntimeException {
  public LabException(String message) {
    super(message);
  }

  public LabException(String message, Throwable cause) {
    super(message, cause);
  }
}
