package dev.crossfade.config;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * YAML with {@code ${NAME}} in it. YAML takes the brace of an unquoted {@code ${NAME}} inside
 * {@code { … }} for a mapping, and a secret must not be read as YAML: so references become
 * private-use characters before the text is parsed, and each value is resolved afterwards.
 */
final class YamlText {
  private static final Pattern REFERENCE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");
  private static final Pattern HIDDEN = Pattern.compile("\uE000\uE000([A-Za-z0-9_]+)\uE001");

  private YamlText() {}

  /** The document's mapping; an empty document is an empty mapping. */
  static Map<?, ?> parse(String text) throws Malformed {
    var options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    try {
      Object document =
          new Yaml(new SafeConstructor(options))
              .load(REFERENCE.matcher(text).replaceAll("\uE000\uE000$1\uE001"));
      if (document == null) {
        return Map.of();
      }
      if (document instanceof Map<?, ?> map) {
        return map;
      }
      throw new Malformed("is not a mapping of keys to values");
    } catch (MarkedYAMLException e) {
      var mark = e.getProblemMark();
      String where = mark == null ? "" : "line " + (mark.getLine() + 1) + " ";
      throw new Malformed(where + "is not valid YAML (" + shown(e.getProblem()) + ")");
    } catch (RuntimeException e) {
      throw new Malformed("is not valid YAML (" + shown(String.valueOf(e.getMessage())) + ")");
    }
  }

  /** As the person wrote it: for messages, which must never show what a variable holds. */
  static String shown(String text) {
    return HIDDEN.matcher(text).replaceAll("\\${$1}");
  }

  /** With the variables' values; throws Malformed that names a variable that is not set. */
  static String resolved(String text, Map<String, String> environment) throws Malformed {
    Matcher matcher = HIDDEN.matcher(text);
    var result = new StringBuilder();
    while (matcher.find()) {
      String value = environment.get(matcher.group(1));
      if (value == null) {
        throw new Malformed(matcher.group(1));
      }
      matcher.appendReplacement(result, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(result).toString();
  }

  /** What is wrong with a text, as the end of a sentence. */
  static final class Malformed extends Exception {
    Malformed(String message) {
      super(message);
    }
  }
}
