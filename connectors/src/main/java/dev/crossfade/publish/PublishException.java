package dev.crossfade.publish;

/** Kafka could not do what was asked. After a failed send the generation is over. */
public final class PublishException extends RuntimeException {
  PublishException(String message, Throwable cause) {
    super(cause == null ? message : message + ": " + cause.getMessage(), cause);
  }
}
