package dev.crossfade.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.crossfade.source.Problem;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/**
 * Where a command prints: results on standard output, problems and hints on standard error; with
 * {@code --json} one object on standard output and nothing else.
 */
final class Output {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;

  Output(CommandLine command, boolean json) {
    this.out = command.getOut();
    this.err = command.getErr();
    this.json = json;
  }

  void text(String line) {
    if (!json) {
      out.println(line);
      out.flush();
    }
  }

  void json(Map<String, ?> object) {
    if (json) {
      try {
        out.println(JSON.writeValueAsString(object));
        out.flush();
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("the result is no JSON", e);
      }
    }
  }

  void problems(List<Problem> problems) {
    if (json) {
      json(Map.of("problems", asJson(problems)));
    } else {
      problems.forEach(problem -> error(problem.sentence()));
    }
  }

  static List<Map<String, String>> asJson(List<Problem> problems) {
    return problems.stream().map(Output::asJson).toList();
  }

  private static Map<String, String> asJson(Problem problem) {
    var map = new LinkedHashMap<String, String>();
    map.put("where", problem.where());
    map.put("what", problem.what());
    map.put("fix", problem.fix());
    map.put("sentence", problem.sentence());
    return map;
  }

  void error(String line) {
    err.println(line);
    err.flush();
  }

  /** The next step, for a person. */
  void hint(String line) {
    if (!json) {
      error(line);
    }
  }
}
