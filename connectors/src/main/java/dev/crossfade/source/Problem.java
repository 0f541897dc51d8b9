package dev.crossfade.source;

/**
 * One thing that stands in the way, found before anything flows.
 *
 * @param where the thing that is wrong: a table, a column, a topic, a setting
 * @param what what was found, and what was expected
 * @param fix what to do
 */
public record Problem(String where, String what, String fix) {
  public Problem {
    if (where.isBlank() || what.isBlank() || fix.isBlank()) {
      throw new IllegalArgumentException("a problem says where, what and how to go on");
    }
  }

  /** All three in one sentence. */
  public String sentence() {
    return where + " " + what + "; " + fix + ".";
  }
}
