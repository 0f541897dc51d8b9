package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.control.CaptureState;
import dev.crossfade.control.CaptureState.LoadState;
import dev.crossfade.event.Lsn;
import dev.crossfade.publish.Topics;
import dev.crossfade.source.postgresql.SlotStatus;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class GapGuardTest {
  private static final Map<String, Topics.Found> TOPICS = topics("id-1", 1);

  @Test
  void findsNothingWhereNothingIsLost() {
    assertEquals(
        Optional.empty(), find(done(), server("one", 1, 100, slot(50, "reserved")), TOPICS));
    assertEquals(
        Optional.empty(), find(done(), server("one", 1, 100, slot(40, "unreserved")), TOPICS));
    assertEquals(
        Optional.empty(),
        find(state(LoadState.NONE), server("one", 1, 9, Optional.empty()), Map.of()));
    assertEquals(
        Optional.empty(),
        find(state(LoadState.WANTED), server("two", 2, 9, Optional.empty()), Map.of()));
    assertEquals(
        Optional.empty(),
        find(state(LoadState.LOADING), server("one", 1, 9, slot(99, "reserved")), Map.of()));
  }

  @Test
  void findsEachWayToLoseChangesAndSaysHowToGoOn() {
    gap("another server", done(), server("two", 1, 100, slot(50, "reserved")), TOPICS);
    gap("failed over", done(), server("one", 2, 100, slot(50, "reserved")), TOPICS);
    gap("is gone from the source", done(), server("one", 1, 100, Optional.empty()), TOPICS);
    gap("wal_status lost", done(), server("one", 1, 100, slot(50, "lost")), TOPICS);
    gap("was released to 0/33", done(), server("one", 1, 100, slot(51, "reserved")), TOPICS);
    gap("log ends at 0/31", done(), server("one", 1, 49, slot(40, "reserved")), TOPICS);
    gap("gone from Kafka", done(), server("one", 1, 100, slot(50, "reserved")), Map.of());
    gap("made again", done(), server("one", 1, 100, slot(50, "reserved")), topics("id-2", 1));
    gap(
        "has 3 partitions, expected 1",
        done(),
        server("one", 1, 100, slot(50, "reserved")),
        topics("id-1", 3));
    gap(
        "knows nothing of it",
        state(LoadState.NONE),
        server("one", 1, 100, slot(50, "reserved")),
        Map.of());
  }

  private static void gap(
      String says, CaptureState state, SlotStatus server, Map<String, Topics.Found> topics) {
    String gap = find(state, server, topics).orElse("no gap");
    assertTrue(gap.contains(says) && gap.contains("ask for a new load"), gap);
  }

  private static Optional<String> find(
      CaptureState state, SlotStatus server, Map<String, Topics.Found> topics) {
    return GapGuard.find("crossfade_legacy", state, server, topics);
  }

  private static Map<String, Topics.Found> topics(String id, int partitions) {
    return Map.of("crossfade.order", new Topics.Found(id, partitions));
  }

  private static CaptureState done() {
    return state(LoadState.DONE);
  }

  private static CaptureState state(LoadState load) {
    return new CaptureState(
        1,
        2,
        load,
        "one",
        1,
        new Lsn(50),
        Optional.empty(),
        Map.of(),
        Map.of("crossfade.order", "id-1"),
        Map.of());
  }

  private static SlotStatus server(
      String id, int timeline, long lsn, Optional<SlotStatus.Slot> slot) {
    return new SlotStatus(id, timeline, new Lsn(lsn), slot);
  }

  private static Optional<SlotStatus.Slot> slot(long confirmed, String walStatus) {
    return Optional.of(
        new SlotStatus.Slot(
            "pgoutput",
            "shop",
            new Lsn(confirmed),
            walStatus,
            OptionalInt.empty(),
            OptionalLong.empty()));
  }
}
