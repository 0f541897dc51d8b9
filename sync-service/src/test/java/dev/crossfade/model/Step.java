package dev.crossfade.model;

import dev.crossfade.faults.Failpoint;
import java.util.List;

/** One step of a history. A transaction is named by its number and has a connection of its own. */
sealed interface Step {
  record Begin(int tx) implements Step {
    @Override
    public String toString() {
      return "[%d] begin;".formatted(tx);
    }
  }

  record Sql(int tx, String sql) implements Step {
    @Override
    public String toString() {
      return "[%d] %s;".formatted(tx, sql);
    }
  }

  record Copy(int tx, String into, List<String> lines) implements Step {
    @Override
    public String toString() {
      return "[%d] copy %s from stdin;%n%s%n\\.".formatted(tx, into, String.join("\n", lines));
    }
  }

  record End(int tx, boolean commit) implements Step {
    @Override
    public String toString() {
      return "[%d] %s;".formatted(tx, commit ? "commit" : "rollback");
    }
  }

  /** Disturbs the flow; the number names it among the faults of a history. */
  record Fault(int number, Kind kind, String domain) implements Step {
    /** CRASH and RESTART leave a service running that was started after them. */
    enum Kind {
      RESTART,
      CRASH,
      JOIN,
      LEAVE,
      WALSENDER,
      STORE_CONNECTIONS,
      CONTROL_CONNECTIONS,
      USURP,
      REPLAY,
      STORES_KILLED,
      BROKER_KILLED,
      LEGACY_KILLED,
      /** A new load is asked for. */
      LOAD,
      /** The slot is dropped and made again, with a change between that is lost. */
      SLOT_MADE_AGAIN,
      /** Every process is stopped in order. */
      STOP,
      /** One process is started. */
      START
    }

    @Override
    public String toString() {
      return "-- fault %d: %s %s".formatted(number, kind, domain);
    }
  }

  /** Lets a failpoint fail, or end the process that reaches it. */
  record Arm(int number, Failpoint.Fault fault) implements Step {
    @Override
    public String toString() {
      return "-- fault %d: %s".formatted(number, fault);
    }
  }

  /**
   * Waits until a store has all but so many of its domain's transactions: the pace of a history.
   */
  record Await(String domain, int behind) implements Step {
    @Override
    public String toString() {
      return "-- until %s is at most %d transactions behind".formatted(domain, behind);
    }
  }
}
