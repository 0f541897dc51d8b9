package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.fixture.Changes;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which records of a topic count: DESIGN "Generations and holes". */
class IntakeTest {
  private static final Changes ITEM = new Changes("item", "id");
  private Intake intake;
  private long offset;

  @BeforeEach
  void loaded() {
    intake =
        new Intake(
            "d",
            new Progress(
                new Progress.Place("", 0, 0, -1, 0, 0),
                Optional.empty(),
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty()),
            false,
            0);
    assertTrue(offer(1, 0, true, start(true, null)));
    assertTrue(offer(1, 1, true, new LoadEnd(1, 0, Instant.EPOCH)));
    assertTrue(offer(2, 0, true, start(false, new Stamp(1, 1))));
  }

  private static GenerationStart start(boolean load, Stamp released) {
    return new GenerationStart(
        "legacy", 1, Optional.ofNullable(released), load, List.of(), Instant.EPOCH);
  }

  private static ChangeEvent change(long base, int id) {
    return ITEM.create(base, base + 1, "id=" + id);
  }

  private static Marker marker(long base, int second) {
    return new Marker(
        "m" + second,
        Marker.Kind.HEARTBEAT,
        new Position(1, new Lsn(base), new Lsn(base + 1)),
        Instant.EPOCH.plusSeconds(second));
  }

  /** Gives a record to the intake as apply does; says whether it counted. */
  private boolean offer(long generation, long sequence, boolean last, TopicRecord topicRecord) {
    var stamp = new Stamp(generation, sequence);
    long at = offset++;
    if (!intake.accepts(stamp, topicRecord, at)) {
      return false;
    }
    if (topicRecord instanceof GenerationStart start) {
      intake.begin(stamp, start, at);
    } else if (topicRecord instanceof LoadEnd end) {
      intake.end(stamp, end, at);
    } else {
      intake.take(stamp, last, topicRecord, at);
    }
    return true;
  }

  private List<String> drained() {
    return intake.drain().changes().stream().map(c -> c.key().get("id")).toList();
  }

  @Test
  void onlyWholeTransactionsComeOut() {
    offer(2, 1, true, change(100, 1));
    offer(2, 2, false, change(200, 2));
    assertEquals(List.of("1"), drained());
    offer(2, 3, true, change(200, 3));
    Intake.Batch batch = intake.drain();
    assertEquals(2, batch.changes().size());
    assertEquals(offset, batch.after().place().nextOffset());
    assertEquals(200, batch.after().base().value());
  }

  @Test
  void progressStaysBeforeTheOpenTransaction() {
    offer(2, 1, true, change(100, 1));
    long afterWhole = offset;
    offer(2, 2, false, change(200, 2));
    assertEquals(afterWhole, intake.drain().after().place().nextOffset());
  }

  @Test
  void aHoleMakesTheRestOfTheGenerationVoid() {
    offer(2, 1, true, change(100, 1));
    offer(2, 2, false, change(200, 2));
    assertFalse(offer(2, 4, true, change(200, 4)));
    assertFalse(offer(2, 5, true, change(300, 5)));
    assertFalse(offer(2, 3, true, change(200, 3)));
    assertEquals(List.of("1"), drained());
    // capture released nothing after the hole: the next generation delivers it again
    assertTrue(offer(3, 0, true, start(false, new Stamp(2, 1))));
    offer(3, 1, false, change(200, 2));
    offer(3, 2, true, change(200, 4));
    assertEquals(List.of("2", "4"), drained());
  }

  @Test
  void aGenerationThatGoesOnAfterAHoleIsMeasuredByItsMarkers() {
    offer(2, 1, true, marker(100, 1));
    assertFalse(offer(2, 3, true, marker(110, 3)));
    assertFalse(offer(2, 4, true, change(120, 4)));
    assertEquals(Duration.ZERO, intake.goesOnAfterHole(), "one moment is no going on");
    assertFalse(offer(2, 5, true, marker(130, 8)));
    assertFalse(offer(1, 9, true, marker(140, 60)), "a zombie's says nothing");
    assertEquals(Duration.ofSeconds(5), intake.goesOnAfterHole());
    String says = intake.lost().getMessage();
    assertTrue(says.contains("records after (2, 1) are missing"), says);
    assertTrue(offer(3, 0, true, start(false, new Stamp(2, 1))));
    assertEquals(Duration.ZERO, intake.goesOnAfterHole(), "they come again");
  }

  @Test
  void aReleasedRecordThatNeverCameIsAGap() {
    offer(2, 1, true, change(100, 1));
    offer(2, 3, true, change(300, 3));
    var gap =
        assertThrows(GapException.class, () -> offer(3, 0, true, start(false, new Stamp(2, 3))));
    assertTrue(gap.getMessage().contains("(2, 3)"), gap.getMessage());
    assertTrue(gap.getMessage().contains("(2, 1)"), gap.getMessage());
  }

  @Test
  void aGenerationWhoseStartIsMissingIsVoidAndHidesNoGap() {
    for (int i = 1; i <= 50; i++) {
      offer(2, i, true, change(100 + i, i));
    }
    assertFalse(offer(3, 1, true, change(900, 90)));
    assertFalse(offer(3, 2, true, change(910, 91)));
    // the store has (2, 50); that is not (3, 50)
    assertThrows(GapException.class, () -> offer(4, 0, true, start(false, new Stamp(3, 2))));
  }

  @Test
  void aNewGenerationDropsTheUnfinishedTransaction() {
    offer(2, 1, false, change(100, 1));
    assertTrue(offer(3, 0, true, start(false, new Stamp(2, 0))));
    offer(3, 1, false, change(100, 1));
    offer(3, 2, true, change(100, 2));
    assertEquals(List.of("1", "2"), drained());
  }

  @Test
  void aZombieOfAnOlderGenerationIsPassedOver() {
    offer(2, 1, true, change(100, 1));
    offer(3, 0, true, start(false, new Stamp(2, 1)));
    assertFalse(offer(2, 2, true, change(200, 2)));
    assertFalse(offer(2, 0, true, start(false, new Stamp(1, 1))));
    offer(3, 1, true, change(200, 3));
    assertEquals(List.of("1", "3"), drained());
  }

  @Test
  void aTransactionThatIsPartlyInTheMirrorStaysOpenUntilItComesAgain() {
    offer(2, 1, false, change(200, 1));
    intake.drain();
    assertTrue(intake.drainOpen().orElseThrow().after().open().isPresent());
    assertTrue(offer(3, 0, true, start(false, new Stamp(2, 0))));
    offer(3, 1, true, change(100, 9));
    assertTrue(intake.drain().after().open().isPresent(), "an earlier transaction closes nothing");
    offer(3, 2, true, change(200, 1));
    assertFalse(intake.drain().after().open().isPresent());
  }

  @Test
  void anEpochWithoutALoadIsAGap() {
    var later =
        new GenerationStart(
            "legacy", 2, Optional.of(new Stamp(2, 0)), false, List.of(), Instant.EPOCH);
    assertThrows(GapException.class, () -> offer(3, 0, true, later));
  }

  @Test
  void afterAGapNothingCountsUntilTheLoadOfAHigherEpochBegins() {
    intake = new Intake("d", intake.drain().after(), true, 2);
    assertFalse(offer(2, 1, true, change(100, 1)));
    assertFalse(offer(3, 0, true, start(false, new Stamp(2, 1))));
    assertFalse(offer(4, 0, true, start(true, null)), "the load of the epoch that has the gap");
    var load = new GenerationStart("legacy", 2, Optional.empty(), true, List.of(), Instant.EPOCH);
    assertTrue(offer(5, 0, true, load));
    assertFalse(intake.gap());
    assertTrue(offer(5, 1, true, new LoadEnd(2, 0, Instant.EPOCH)));
  }

  @Test
  void aReplayPassesOverGenerationsFromBeforeTheLoadThatTheStoreHas() {
    var load = new GenerationStart("legacy", 2, Optional.empty(), true, List.of(), Instant.EPOCH);
    assertTrue(offer(3, 0, true, load));
    assertTrue(offer(3, 1, true, new LoadEnd(2, 0, Instant.EPOCH)));
    Progress loaded = intake.drain().after();
    intake =
        new Intake(
            "d", loaded.at(new Progress.Place("", 0, 0, Progress.Place.ANY, 0, 0)), false, 3);
    assertFalse(offer(1, 0, true, start(true, null)));
    assertFalse(offer(1, 1, true, new LoadEnd(1, 0, Instant.EPOCH)));
    assertFalse(offer(2, 0, true, start(false, new Stamp(1, 1))));
    assertFalse(offer(2, 1, true, change(100, 1)));
    assertTrue(offer(3, 0, true, load));
    assertTrue(offer(3, 1, true, new LoadEnd(2, 0, Instant.EPOCH)));
    assertEquals(2, intake.drain().after().loadedEpoch());
  }

  @Test
  void aReplayTakesTheFirstRecordAsItComes() {
    intake =
        new Intake(
            "d",
            new Progress(
                new Progress.Place("", 17, 0, Progress.Place.ANY, 0, 0),
                Optional.of(new Position(1, new Lsn(5), Lsn.ZERO)),
                Optional.empty(),
                1,
                Optional.empty(),
                Optional.empty()),
            false,
            2);
    assertTrue(offer(2, 40, true, change(100, 1)));
    assertFalse(offer(2, 42, true, change(100, 2)));
    assertEquals(List.of("1"), drained());
  }
}
