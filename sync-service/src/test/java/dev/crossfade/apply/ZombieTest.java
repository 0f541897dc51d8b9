package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Stamp;
import dev.crossfade.faults.Bug;
import dev.crossfade.faults.Edges;
import dev.crossfade.faults.StoreEdge;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.store.StoreSchema;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/**
 * 1. A consumer holds a batch when its process is stopped. 2. Another takes the domain over,
 * applies that batch, and has half of a large transaction in the mirror. 3. The first wakes up and
 * applies its batch: an aggregate of the batch would be derived from the half.
 */
class ZombieTest {
  private static final Changes ITEM = new Changes("item", "id");
  private static final String TOTALS = "select sale, n from totals";

  @Test
  void aZombieWritesNothing() throws Exception {
    try (var store = store()) {
      Scene scene = scene(store, Edges.NONE);
      assertThrows(OwnershipLostException.class, () -> scene.zombie().apply(scene.late()));
      assertEquals(List.of("1|3"), store.query(TOTALS));
      scene.close();
    }
  }

  /** {@link Bug#NO_OWNER_CHECK}: the zombie derives a state that the source never had. */
  @Test
  void withoutTheCheckOfTheOwnerItWouldShowHalfATransaction() throws Exception {
    try (var store = store()) {
      Scene scene = scene(store, Bug.NO_OWNER_CHECK.edges());
      scene.zombie().apply(scene.late());
      assertEquals(List.of("1|2"), store.query(TOTALS));
      scene.close();
    }
  }

  /** Its lock on the progress row would keep every other process out for as long as it sleeps. */
  @Test
  void aZombieInTheMiddleOfATransactionDoesNotHoldTheDomain() throws Exception {
    try (var store = store();
        Connection zombie = store.pool().getConnection()) {
      Domain domain = domain(store);
      StoreSchema.prepare(zombie);
      zombie.setAutoCommit(false);
      new ProgressRow("test", "zombie").take(zombie);
      FlowFixture.await(
          "another takes the domain over",
          Duration.ofSeconds(30),
          () -> {
            try (var successor =
                new StoreSession(
                    domain, "legacy", store.pool(), "successor", true, new Reliance())) {
              return successor.durable() != null;
            } catch (SQLException e) {
              return false; // the lock is held
            }
          });
      assertThrows(SQLException.class, zombie::commit);
    }
  }

  private static Domain domain(StoreFixture fixture) {
    return fixture.domain(
        StoreFixture.target(
            "totals",
            "sale",
            "sale",
            "select sale, count(*) as n from legacy.item where sale = any(:keys) group by sale"));
  }

  private record Scene(StoreSession zombie, StoreSession successor, Intake.Batch late) {
    void close() {
      zombie.close();
      successor.close();
    }
  }

  private static StoreFixture store() throws Exception {
    return new StoreFixture("create table totals (sale bigint primary key, n bigint not null)")
        .captures("item", "sale", 1, "id bigint", "sale bigint");
  }

  private static Scene scene(StoreFixture fixture, Edges edges) throws Exception {
    Domain domain = domain(fixture);
    DataSource store = StoreEdge.store(fixture.pool(), edges);
    var start =
        new GenerationStart("legacy", 1, Optional.empty(), true, fixture.shapes(), Instant.EPOCH);
    var zombie = new StoreSession(domain, "legacy", store, "zombie", true, new Reliance());
    var intake = new Intake("test", zombie.durable(), false, 0);
    zombie.begin(start, accept(intake, 0, start));
    var end = new LoadEnd(1, 0, Instant.EPOCH);
    intake.accepts(new Stamp(1, 1), end, 1);
    zombie.endLoad(end, intake.end(new Stamp(1, 1), end, 1));
    take(intake, 2, false, item(100, 110, 1));
    take(intake, 3, true, item(100, 120, 2));
    zombie.apply(intake.drain());
    take(intake, 4, true, item(200, 210, 3));
    Intake.Batch late = intake.drain();

    var successor = new StoreSession(domain, "legacy", store, "successor", true, new Reliance());
    var second = new Intake("test", successor.durable(), false, 1);
    take(second, 4, true, item(200, 210, 3));
    successor.apply(second.drain());
    assertEquals(List.of("1|3"), fixture.query(TOTALS));
    take(second, 5, false, ITEM.delete(300, 310, "id=1", "sale=1"));
    successor.apply(second.drainOpen().orElseThrow());
    return new Scene(zombie, successor, late);
  }

  private static Progress accept(Intake intake, long offset, GenerationStart start) {
    intake.accepts(new Stamp(1, 0), start, offset);
    return intake.begin(new Stamp(1, 0), start, offset);
  }

  private static ChangeEvent item(long base, long lsn, int id) {
    return ITEM.create(base, lsn, "id=" + id, "sale=1");
  }

  private static void take(Intake intake, long sequence, boolean last, ChangeEvent change) {
    var stamp = new Stamp(1, sequence);
    if (!intake.accepts(stamp, change, sequence)) {
      throw new IllegalStateException("not accepted: " + stamp);
    }
    intake.take(stamp, last, change, sequence);
  }
}
