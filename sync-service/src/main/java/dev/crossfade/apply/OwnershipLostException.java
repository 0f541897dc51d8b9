package dev.crossfade.apply;

/**
 * Another consumer has taken the domain over, or the store is not the one that had what came
 * before: this one must write nothing more.
 */
final class OwnershipLostException extends RuntimeException {
  OwnershipLostException(String domain) {
    super(
        "domain "
            + domain
            + " was taken over by another consumer, or its store lacks what was applied last");
  }
}
