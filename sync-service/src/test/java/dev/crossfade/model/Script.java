package dev.crossfade.model;

import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Writes the statements of one transaction into a history. */
record Script(int tx, Random random, Consumer<Step> to) {
  void sql(String sql, Object... values) {
    to.accept(new Step.Sql(tx, sql.formatted(values).replaceAll("\\s+", " ").strip()));
  }

  void copy(String into, List<String> lines) {
    to.accept(new Step.Copy(tx, into, lines));
  }

  int number(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** An element of the list. */
  <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  /** An SQL expression: a text of some 10 kB that does not compress, so that it is stored aside. */
  String large() {
    return "(select string_agg(md5('%d ' || g), '') from generate_series(1, 320) g)"
        .formatted(random.nextInt(1_000_000));
  }
}
