package dev.crossfade.config;

import java.util.regex.Pattern;

/** What can be said of a statement without a database. */
final class SqlText {
  private static final Pattern NOISE =
      Pattern.compile(
          "--[^\\n]*|/\\*.*?\\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(\\$\\w*\\$).*?\\1",
          Pattern.DOTALL);

  private SqlText() {}

  /** Comments become nothing, strings and quoted names become ''. */
  static String withoutCommentsAndStrings(String sql) {
    return NOISE
        .matcher(sql)
        .replaceAll(m -> m.group().startsWith("-") || m.group().startsWith("/") ? " " : "''");
  }

  /** So that the statement can stand inside another; what follows the semicolon is a comment. */
  static String withoutFinalSemicolon(String sql) {
    var matcher = NOISE.matcher(sql);
    int from = 0;
    while (true) {
      int semicolon = sql.indexOf(';', from);
      if (semicolon < 0) {
        return sql.strip();
      }
      boolean inside = false;
      matcher.reset();
      while (!inside && matcher.find()) {
        inside = matcher.start() <= semicolon && semicolon < matcher.end();
      }
      if (!inside) {
        return sql.substring(0, semicolon).strip();
      }
      from = matcher.end();
    }
  }
}
