package dev.crossfade.config;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documentation of the configuration and the code that reads it name the same keys. */
class ConfigurationDocTest {
  private static final Path DOC = Path.of("../docs/configuration.md");

  private static Set<String> keysInCode() throws IOException {
    var keys = new TreeSet<String>();
    Pattern read =
        Pattern.compile(
            "\\b(?:text|optionalText|textOrEmpty|number|flag|list|texts|section|named|database|duration|statement)"
                + "\\(\\s*(?:(?:top|one|section|table)\\s*,\\s*)?\"([a-z._]+)\"");
    try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/crossfade/config"))) {
      for (Path file : files.toList()) {
        Matcher matcher = read.matcher(Files.readString(file));
        while (matcher.find()) {
          keys.add(matcher.group(1));
        }
      }
    }
    return keys;
  }

  private static Set<String> keysInDoc() throws IOException {
    var keys = new TreeSet<String>();
    String text = Files.readString(DOC);
    String tables = text.substring(0, text.indexOf("## Environment"));
    Matcher cell = Pattern.compile("(?m)^\\| (`[^|]*`) \\|").matcher(tables);
    while (cell.find()) {
      Matcher key = Pattern.compile("`([^`]+)`").matcher(cell.group(1));
      while (key.find()) {
        String last =
            key.group(1).replaceFirst("^.*<[a-z]+>\\.", "").replaceFirst("^(kafka|http)\\.", "");
        if (!last.contains("<")) {
          keys.add(last);
        }
      }
    }
    return keys;
  }

  @Test
  void everyKeyIsExplained() throws IOException {
    Set<String> code = keysInCode();
    assertTrue(code.size() > 25, () -> "found only " + code);
    Set<String> missing = new TreeSet<>(code);
    missing.removeAll(keysInDoc());
    missing.removeAll(Set.of("kafka", "http"));
    assertTrue(missing.isEmpty(), () -> "docs/configuration.md does not explain " + missing);
  }

  @Test
  void nothingIsExplainedThatIsNotRead() throws IOException {
    Set<String> extra = new TreeSet<>(keysInDoc());
    extra.removeAll(keysInCode());
    assertTrue(
        extra.isEmpty(), () -> "docs/configuration.md explains " + extra + ", which no code reads");
  }
}
