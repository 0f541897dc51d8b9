package dev.crossfade.apply;

/** The mapping does not fit the mirror or the service's tables; the message says how. */
final class MappingException extends RuntimeException {
  MappingException(String message) {
    super(message);
  }
}
