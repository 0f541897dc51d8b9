package dev.crossfade.config;

import dev.crossfade.source.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** The configuration cannot be used; holds every problem that was found, in the files' order. */
public final class SettingsException extends RuntimeException {
  private final transient List<Problem> problems;

  SettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::sentence).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
