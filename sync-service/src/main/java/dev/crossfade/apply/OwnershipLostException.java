package dev.crossfade.apply;

/** Another consumer has taken the domain over: this one must write nothing more. */
final class OwnershipLostException extends RuntimeException {
  OwnershipLostException(String domain) {
    super("domain " + domain + " was taken over by another consumer");
  }
}
