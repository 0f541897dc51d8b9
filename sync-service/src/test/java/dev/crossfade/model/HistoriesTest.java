package dev.crossfade.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.crossfade.faults.Bug;
import dev.crossfade.faults.Edges;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Histories that were written by hand, or found by {@link ModelTest} and made short: the flow keeps
 * the laws in each, and a flow with a deliberate bug breaks them in the one that is about it.
 */
class HistoriesTest {
  private static final Path FOLDER = Path.of("src/test/resources/scenarios/histories");

  /** A flow that does not come back within this time has lost something. */
  private static final Duration STUCK = Duration.ofSeconds(12);

  /**
   * So often a bug may stay hidden: which record a fault hits, and what is sent after it before the
   * flow ends, is not in the history. On a slow machine some are seen in five of six plays.
   */
  private static final int MOST_PLAYS = 10;

  /** Histories of one kind are played one after another, in one world. */
  static Stream<List<String>> histories() throws IOException {
    try (Stream<Path> folders = Files.list(FOLDER)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .collect(Collectors.groupingBy(HistoriesTest::kind, TreeMap::new, Collectors.toList()))
          .values()
          .stream();
    }
  }

  private static String kind(String name) {
    History history = read(name);
    return history.polls() + " " + history.parks() + " " + history.gap();
  }

  @ParameterizedTest
  @MethodSource("histories")
  void keepTheLaws(List<String> names) throws Exception {
    History first = read(names.get(0));
    List<Step> steps = names.stream().flatMap(name -> read(name).steps().stream()).toList();
    var all = new History(0, first.parks(), first.gap(), first.polls(), steps);
    assertEquals(List.of(), play(String.join(", ", names), all, Edges.NONE, Playback.PATIENCE));
  }

  @ParameterizedTest
  @CsvSource({
    "RELEASE_BEFORE_ACKNOWLEDGEMENT, crash-before-a-send",
    "HEARTBEATS_MARKED_PROCESSED, crash-before-a-send",
    "STORED_OFFSETS, crash-before-it-is-noted-what-is-published",
    "DEDUPLICATION_BY_LSN, restart-while-a-long-transaction-is-open",
    "SILENT_RECONNECTS, walsender-dies-while-a-long-transaction-is-open",
    "NO_GUARD, replay-of-old-rows",
    "NO_DELETE_POSITION, replay-of-old-rows",
    "NEWEST_WITHOUT_MERGING, large-value-then-status-in-one-batch",
    "TOAST_MARKER_AS_VALUE, large-value-then-status-in-one-batch",
    "UPSERTS_BEFORE_DELETES, unique-value-of-a-deleted-row",
    "PROGRESS_IN_ANOTHER_TRANSACTION, store-lost-in-a-batch",
    "DERIVE_FROM_HALF_A_TRANSACTION, transaction-in-small-polls",
    "HOLES_ACCEPTED, send-fails-and-later-ones-do-not",
    "LOAD_OUTRANKS_THE_STREAM, changes-after-a-load",
    "PARK_DROPS_LATER_EVENTS, parked-and-cured"
  })
  void findsTheBug(Bug bug, String name) throws Exception {
    List<String> broken = List.of();
    for (int plays = 0; plays < MOST_PLAYS && broken.isEmpty(); plays++) {
      broken = play(name, read(name), bug.edges(), STUCK);
    }
    System.out.printf("history: %s is found: %.300s%n", bug, broken);
    assertFalse(broken.isEmpty(), bug + " is not found by " + name);
  }

  @Test
  void readsBackWhatItWrites() {
    History history = Generator.make(3, 80);
    assertEquals(history, History.parse(history.text()));
  }

  private static History read(String name) {
    try {
      return History.parse(Files.readString(FOLDER.resolve(name).resolve("history.sql")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> play(String name, History history, Edges edges, Duration patience)
      throws Exception {
    long from = System.nanoTime();
    try (var playback = new Playback(edges, patience)) {
      List<String> broken;
      try {
        broken = playback.play(history);
      } catch (AssertionError e) {
        broken = new ArrayList<>(playback.offences());
        broken.add("stuck: " + e.getMessage());
      }
      System.out.printf(
          "history: %s, %s, %.1f s: %s%n",
          name,
          playback.summary(),
          (System.nanoTime() - from) / 1e9,
          broken.isEmpty() ? "good" : broken.get(0));
      return broken;
    }
  }
}
