package dev.crossfade.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.crossfade.faults.Failpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Histories made from seeds, played while the flow is disturbed: whatever happens, the stores keep
 * the laws. {@code -Dmodel.seed=N} plays one, {@code -Dmodel.seeds=N} plays N from {@code
 * -Dmodel.from} on, {@code -Dmodel.length} is the number of transactions of each; {@code
 * -Dmodel.shrink=N} looks for a shorter history that fails as well, in N runs at most.
 */
class ModelTest {
  /** With so many seeds every failpoint must have been hit. */
  private static final int MANY = 100;

  private static final Map<String, Integer> MET = new TreeMap<>();

  static Stream<Long> seeds() {
    Long one = Long.getLong("model.seed");
    long from = Long.getLong("model.from", 4);
    return one != null
        ? Stream.of(one)
        : LongStream.range(from, from + Long.getLong("model.seeds", 2)).boxed();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theStoresAreAlwaysWhatTheLegacyWas(long seed) throws Exception {
    History history = Generator.make(seed, Integer.getInteger("model.length", 60));
    List<String> broken = play(history);
    if (!broken.isEmpty()) {
      int runs = Integer.getInteger("model.shrink", 0);
      History shortest = runs == 0 ? history : shrink(history, runs);
      Path file = write(shortest);
      String text = shortest.text();
      fail(
          "seed %d breaks (again with -Dmodel.seed=%d):\n%s\nThe history, also in %s:\n%s"
              .formatted(
                  seed,
                  seed,
                  String.join("\n", broken),
                  file,
                  text.length() > 40_000 ? text.substring(0, 40_000) + "…" : text));
    }
  }

  @AfterAll
  static void everyFailpointIsHitByManySeeds() throws IOException {
    Path folder = Files.createDirectories(Path.of("target", "model"));
    var lines = new ArrayList<String>();
    var missing = new ArrayList<String>();
    for (Failpoint point : Failpoint.values()) {
      for (Failpoint.When when : Failpoint.When.values()) {
        for (Failpoint.Action action : Failpoint.Action.values()) {
          String fault = action + " " + when + " " + point;
          lines.add("%6d %s".formatted(MET.getOrDefault(fault, 0), fault));
          if (!MET.containsKey(fault)) {
            missing.add(fault);
          }
        }
      }
    }
    Files.write(
        folder.resolve("failpoints-from-%d.txt".formatted(Long.getLong("model.from", 4))), lines);
    lines.forEach(line -> System.out.println("model: failpoint " + line));
    if (seeds().count() >= MANY) {
      assertEquals(List.of(), missing, "failpoints that were never hit");
    }
  }

  private static List<String> play(History history) throws Exception {
    long from = System.nanoTime();
    try (var playback = new Playback()) {
      List<String> broken;
      try {
        broken = playback.play(history);
      } catch (AssertionError e) {
        broken = new ArrayList<>(playback.offences());
        broken.add("stuck: " + e.getMessage());
      }
      playback.failpoints().met().forEach((fault, n) -> MET.merge(fault, n, Integer::sum));
      System.out.printf(
          "model: seed %d, %d parts, %s, %.1f s: %s%n",
          history.seed(),
          history.parts().size(),
          playback.summary(),
          (System.nanoTime() - from) / 1e9,
          broken.isEmpty() ? "good" : broken);
      return broken;
    }
  }

  /** Leaves out ever smaller shares of the transactions and faults as long as it still fails. */
  private static History shrink(History history, int runs) throws Exception {
    History shortest = history;
    int share = 2;
    int left = runs;
    while (left > 0 && share <= shortest.parts().size()) {
      var parts = new ArrayList<>(shortest.parts());
      boolean shorter = false;
      for (int i = 0; i < share && left > 0 && !shorter; i++) {
        Set<Integer> kept = new TreeSet<>(parts);
        parts
            .subList(i * parts.size() / share, (i + 1) * parts.size() / share)
            .forEach(kept::remove);
        History candidate = shortest.only(kept);
        left--;
        if (fails(candidate)) {
          shortest = candidate;
          shorter = true;
        }
      }
      share = shorter ? Math.max(2, share - 1) : share * 2;
    }
    return shortest;
  }

  private static boolean fails(History history) throws Exception {
    try {
      return !play(history).isEmpty();
    } catch (IllegalStateException e) {
      return false; // it does not fit without what was left out
    }
  }

  private static Path write(History history) throws IOException {
    Path folder = Files.createDirectories(Path.of("target", "model", "seed-" + history.seed()));
    return Files.writeString(folder.resolve("history.sql"), history.text());
  }
}
