package dev.crossfade.mapping;

/**
 * A SELECT with {@code :keys} as JDBC wants it: every {@code :keys} outside of literals and
 * comments is a parameter, every other question mark there (an operator of jsonb) is doubled.
 *
 * @param sql for {@code prepareStatement}
 * @param parameters how often {@code :keys} occurs
 */
public record KeysSql(String sql, int parameters) {
  private static final String NAME = ":keys";

  public static KeysSql of(String select) {
    String text = select.strip();
    while (text.endsWith(";")) {
      text = text.substring(0, text.length() - 1).stripTrailing();
    }
    var sql = new StringBuilder(text.length());
    int parameters = 0;
    int i = 0;
    while (i < text.length()) {
      int end = endOfQuoted(text, i);
      if (end > i) {
        sql.append(text, i, end);
        i = end;
      } else if (text.startsWith(NAME, i)
          && (i == 0 || text.charAt(i - 1) != ':')
          && (i + NAME.length() == text.length()
              || !Character.isJavaIdentifierPart(text.charAt(i + NAME.length())))) {
        sql.append('?');
        parameters++;
        i += NAME.length();
      } else {
        char c = text.charAt(i++);
        sql.append(c == '?' ? "??" : String.valueOf(c));
      }
    }
    return new KeysSql(sql.toString(), parameters);
  }

  /** Where the literal, quoted name or comment that starts at {@code i} ends; {@code i} if none. */
  private static int endOfQuoted(String text, int i) {
    char c = text.charAt(i);
    if (c == '\'' || c == '"') {
      int end = text.indexOf(c, i + 1);
      return end < 0 ? text.length() : end + 1;
    }
    if (text.startsWith("--", i)) {
      int end = text.indexOf('\n', i);
      return end < 0 ? text.length() : end;
    }
    if (text.startsWith("/*", i)) {
      int end = text.indexOf("*/", i + 2);
      return end < 0 ? text.length() : end + 2;
    }
    if (c == '$') {
      int tag = text.indexOf('$', i + 1);
      if (tag > 0 && text.substring(i + 1, tag).chars().allMatch(Character::isJavaIdentifierPart)) {
        String quote = text.substring(i, tag + 1);
        int end = text.indexOf(quote, tag + 1);
        return end < 0 ? text.length() : end + quote.length();
      }
    }
    return i;
  }
}
