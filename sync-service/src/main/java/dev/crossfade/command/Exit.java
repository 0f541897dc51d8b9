package dev.crossfade.command;

/** The exit codes of every command. */
final class Exit {
  static final int OK = 0;

  /** Something is wrong that a person has to mend; it was printed. */
  static final int PROBLEMS = 1;

  /** The command line or the configuration is wrong. */
  static final int USAGE = 2;

  /** Something could not be reached. */
  static final int UNREACHABLE = 3;

  private Exit() {}
}
