package dev.crossfade.config;

import dev.crossfade.source.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One mapping of a configuration file that is being read. Every reader takes a key and reports what
 * is wrong with it; {@link #close} reports the keys that nobody took. Readers of a wrong value
 * return a harmless one, so that reading goes on and finds the next problem.
 */
final class Section implements AutoCloseable {
  private final Reading reading;
  private final String file;
  private final String path;
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final Set<String> known = new LinkedHashSet<>();

  /** What all sections of one reading share: the environment and the problems found so far. */
  record Reading(Map<String, String> environment, List<Problem> problems) {}

  Section(Reading reading, String file, String path, Map<?, ?> map) {
    this.reading = reading;
    this.file = file;
    this.path = path;
    map.forEach((key, value) -> values.put(String.valueOf(key), value));
  }

  Set<String> keys() {
    return values.keySet();
  }

  boolean has(String key) {
    known.add(key);
    return values.get(key) != null;
  }

  void problem(String key, String what, String fix) {
    reading.problems().add(new Problem(file + ": " + at(key), what, fix));
  }

  private String at(String key) {
    String full = path.isEmpty() ? key : key.isEmpty() ? path : path + "." + key;
    return full.isEmpty() ? "the file" : full;
  }

  /** A text that must be there; empty if it is not. */
  String text(String key, String meaning) {
    Optional<String> found = optionalText(key);
    if (found.isEmpty() && values.get(key) == null) {
      problem(key, "is missing", "set it to " + meaning);
    }
    return found.orElse("");
  }

  Optional<String> optionalText(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    return scalar(key, values.get(key));
  }

  /** A text that may be empty, for instance a password. */
  String textOrEmpty(String key) {
    return optionalText(key).orElse("");
  }

  private Optional<String> scalar(String key, Object value) {
    if (value instanceof Map || value instanceof Iterable) {
      problem(key, "is " + kind(value) + ", expected a single value", "write one value");
      return Optional.empty();
    }
    try {
      return Optional.of(YamlText.resolved(String.valueOf(value), reading.environment()));
    } catch (YamlText.Malformed e) {
      problem(
          key,
          "refers to the environment variable " + e.getMessage() + ", which is not set",
          "export " + e.getMessage() + " before the start");
      return Optional.empty();
    }
  }

  int number(String key, int least, int most, int absent) {
    Optional<String> text = optionalText(key);
    if (text.isEmpty()) {
      return absent;
    }
    try {
      int number = Integer.parseInt(text.get().strip());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // the problem below covers a text that is no number, too
    }
    problem(
        key, "is \"" + shown(key) + "\"", "set it to a whole number from " + least + " to " + most);
    return absent;
  }

  boolean flag(String key) {
    Optional<String> text = optionalText(key);
    if (text.isPresent() && !text.get().equals("true") && !text.get().equals("false")) {
      problem(key, "is \"" + shown(key) + "\"", "set it to true or false");
    }
    return text.isPresent() && text.get().equals("true");
  }

  /** A list of texts; a single text counts as a list of one. */
  List<String> list(String key) {
    if (!has(key)) {
      return List.of();
    }
    Object value = values.get(key);
    if (!(value instanceof Iterable<?> items)) {
      return scalar(key, value).map(List::of).orElse(List.of());
    }
    var result = new ArrayList<String>();
    for (Object item : items) {
      scalar(key, item == null ? Map.of() : item).ifPresent(result::add);
    }
    return result;
  }

  /** A mapping of texts to texts, for instance the properties of a driver. */
  Map<String, String> texts(String key) {
    try (Section inner = section(key)) {
      return inner.remaining();
    }
  }

  /** Every key that was not read yet, as a text. */
  Map<String, String> remaining() {
    var result = new LinkedHashMap<String, String>();
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        optionalText(key).ifPresent(text -> result.put(key, text));
      }
    }
    return result;
  }

  /** A mapping inside this one; an empty one if it is absent or no mapping. */
  Section section(String key) {
    Object value = has(key) ? values.get(key) : Map.of();
    Map<?, ?> map = Map.of();
    if (value instanceof Map<?, ?> found) {
      map = found;
    } else {
      problem(key, "is " + kind(value) + ", expected a mapping", "write it as { key: value }");
    }
    return new Section(reading, file, path.isEmpty() ? key : path + "." + key, map);
  }

  /** The value as the person wrote it: a variable by its name, never by what it holds. */
  String shown(String key) {
    return YamlText.shown(String.valueOf(values.get(key)));
  }

  private static String kind(Object value) {
    return value instanceof Map
        ? "a mapping"
        : value instanceof Iterable ? "a list" : "\"" + YamlText.shown(value.toString()) + "\"";
  }

  @Override
  public void close() {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        String fix =
            Spelling.nearest(key, known)
                .map(near -> "perhaps " + near + " was meant")
                .orElse("remove it; the keys here are " + String.join(", ", known));
        problem(key, "is not a key that Crossfade knows", fix);
      }
    }
  }
}
