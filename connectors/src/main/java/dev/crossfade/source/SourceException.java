package dev.crossfade.source;

import java.util.List;
import java.util.stream.Collectors;

/** A source that cannot do what was asked, with everything that is known to be wrong. */
public final class SourceException extends RuntimeException {
  private final transient List<Problem> problems;

  public SourceException(List<Problem> problems) {
    super(problems.stream().map(Problem::sentence).collect(Collectors.joining(" ")));
    this.problems = List.copyOf(problems);
  }

  public SourceException(Problem problem, Throwable cause) {
    super(problem.sentence(), cause);
    this.problems = List.of(problem);
  }

  public List<Problem> problems() {
    return problems;
  }
}
