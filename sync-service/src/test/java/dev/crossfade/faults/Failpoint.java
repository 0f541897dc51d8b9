package dev.crossfade.faults;

/** The steps of a change on its way that a fault can hit, before or after. */
public enum Failpoint {
  /** A record goes to Kafka's producer. */
  SEND,
  /** Kafka's answer to it comes back. */
  ACKNOWLEDGEMENT,
  /** Capture stores what is published. */
  GAP_GUARD_WRITE,
  /** Capture releases the slot. */
  RELEASE,
  /** Apply writes rows into the mirror. */
  MIRROR,
  /** Apply runs a mapping, or writes what it derived. */
  DERIVE,
  /** Apply locks the progress row and writes it. */
  PROGRESS,
  /** Apply commits. */
  COMMIT,
  /** Apply tells Kafka its offset. */
  KAFKA_COMMIT,
  /** A load ends: in the control database, or in a store. */
  LOAD_END;

  public enum When {
    BEFORE,
    AFTER
  }

  /** What happens there. */
  public enum Action {
    /** The step fails, after it was done or without it, and the process lives on. */
    FAIL,
    /** The process is gone: nothing that it does from here on reaches anybody. */
    CRASH
  }

  /**
   * @param hit at which time that the point is reached, from 1 on
   */
  public record Fault(Failpoint point, When when, Action action, int hit) {
    @Override
    public String toString() {
      return "%s %s %s at hit %d".formatted(action, when, point, hit);
    }

    /** Reads what {@link #toString} wrote. */
    public static Fault parse(String text) {
      String[] words = text.split(" ");
      return new Fault(
          valueOf(words[2]),
          When.valueOf(words[1]),
          Action.valueOf(words[0]),
          Integer.parseInt(words[5]));
    }
  }
}
