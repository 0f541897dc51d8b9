package dev.crossfade.mapping;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class KeysSqlTest {
  @Test
  void everyKeysOutsideOfLiteralsIsAParameter() {
    var sql =
        KeysSql.of(
            """
            -- :keys in a comment, and a 'quote
            SELECT ':keys', ":keys", $$ :keys $$, $t$:keys$t$, x::text /* :keys */
            FROM t WHERE a = any(:keys) OR b = any( :keys ) AND :keys_not IS NULL;
            """);
    assertEquals(2, sql.parameters());
    assertEquals(
        """
        -- :keys in a comment, and a 'quote
        SELECT ':keys', ":keys", $$ :keys $$, $t$:keys$t$, x::text /* :keys */
        FROM t WHERE a = any(?) OR b = any( ? ) AND :keys_not IS NULL""",
        sql.sql());
  }

  @Test
  void questionMarkOperatorsAreDoubled() {
    assertEquals(
        "SELECT a ?? 'x?' FROM t WHERE k = any(?)",
        KeysSql.of("SELECT a ? 'x?' FROM t WHERE k = any(:keys)").sql());
  }
}
