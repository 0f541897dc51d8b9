package dev.crossfade.setup;

import dev.crossfade.source.Problem;
import java.util.List;

/**
 * What a check found.
 *
 * @param problems what a person has to mend
 * @param away what could not be reached; waiting may help
 */
public record Findings(List<Problem> problems, List<Problem> away) {
  public Findings {
    problems = List.copyOf(problems);
    away = List.copyOf(away);
  }

  public boolean good() {
    return problems.isEmpty() && away.isEmpty();
  }
}
