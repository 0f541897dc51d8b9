package dev.crossfade.gap;

import static dev.crossfade.gap.GapFlow.Stage.CAPTURE;
import static dev.crossfade.gap.GapFlow.Stage.DOMAIN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.setup.Role;
import dev.crossfade.source.Problem;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Slot, topic, control database and progress of a flow are lost, made again or set back. Each time
 * the gap is told within 10 s, with the way out, nothing is applied past it, and a load closes it.
 * The tests share a flow as long as it is well.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GapTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private Optional<GapFlow> shared = Optional.empty();
  private GapFlow flow;

  @BeforeEach
  void aFlowThatFollows() throws Exception {
    if (shared.isEmpty() || !shared.get().well()) {
      shared.ifPresent(GapFlow::close);
      shared = Optional.of(new GapFlow(Servers.legacy()));
      shared.get().start();
    }
    flow = shared.get();
    flow.rowsBefore();
  }

  @AfterAll
  void takeAway() {
    shared.ifPresent(GapFlow::close);
  }

  // The slot

  @Test
  void aSlotThatIsDropped() throws Exception {
    withTheSlot("select pg_drop_replication_slot('%1$s')");
    flow.changesBehind();
    flow.finds(CAPTURE, "the slot " + flow.slot() + " is gone from the source");
    flow.closedByALoad();
  }

  @Test
  void aSlotThatIsDroppedAndMadeAgain() throws Exception {
    withTheSlot(
        "select pg_drop_replication_slot('%1$s'); select pg_create_logical_replication_slot('%1$s', 'pgoutput')");
    flow.changesBehind();
    flow.finds(CAPTURE, "was released to", "the slot was made again");
    flow.closedByALoad();
  }

  @Test
  void aSlotThatIsDroppedAndMadeAgainWhileNobodyLooks() throws Exception {
    flow.stop();
    flow.changesBehind();
    flow.legacy("select pg_drop_replication_slot('%s')".formatted(flow.slot()));
    flow.begin();
    flow.finds(CAPTURE, "is gone from the source");
    flow.stop();
    flow.legacy(
        "select pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(flow.slot()));
    flow.begin();
    flow.finds(CAPTURE, "was released to", "the slot was made again");
    flow.closedByALoad();
  }

  /** Capture comes back at once, so that its connection ends and the rest happens in one moment. */
  private void withTheSlot(String sql) throws Exception {
    FlowFixture.await(
        "the slot is free",
        SOON,
        () -> {
          try {
            flow.opens();
            flow.legacy(
                ("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '%1$s'; "
                        + sql)
                    .formatted(flow.slot()));
            return true;
          } catch (RuntimeException e) {
            return false;
          }
        });
  }

  // The topic

  @Test
  void aTopicThatIsDeleted() throws Exception {
    flow.opens();
    delete();
    flow.changesBehind();
    flow.finds(CAPTURE, "the topic " + flow.topic + " is gone from Kafka");
    flow.finds(DOMAIN, "topic " + flow.topic + " is gone from Kafka");
    flow.closedByALoad();
  }

  @Test
  void aTopicThatIsDeletedAndMadeAgain() throws Exception {
    flow.opens();
    delete();
    make();
    flow.changesBehind();
    flow.finds(CAPTURE, "the topic " + flow.topic + " was deleted and made again");
    flow.closedByALoad();
  }

  @Test
  void aTopicThatIsDeletedAndMadeAgainWhileNobodyLooks() throws Exception {
    flow.stop();
    flow.changesBehind();
    delete();
    flow.begin(Set.of(Role.APPLY)); // nobody but the domain can tell
    flow.finds(DOMAIN, "is gone from Kafka");
    flow.stop();
    flow.begin();
    flow.finds(CAPTURE, "is gone from Kafka");
    flow.stop();
    make();
    flow.begin();
    flow.finds(CAPTURE, "was deleted and made again");
    flow.finds(DOMAIN, "was deleted and made again");
    flow.closedByALoad();
  }

  @Test
  void aTopicThatGetsMorePartitions() throws Exception {
    flow.opens();
    addPartitions();
    flow.finds(CAPTURE, "has 3 partitions, expected 1", "delete the topic");
    flow.finds(DOMAIN, "has 3 partitions, expected 1", "delete the topic");
    flow.changesBehind();
    flow.stop();
    List<Problem> problems = flow.begin(EnumSet.allOf(Role.class));
    assertEquals(1, problems.size(), problems::toString);
    String sentence = problems.get(0).sentence();
    assertTrue(
        sentence.contains("has 3 partitions, expected 1")
            && sentence.contains("crossfade load --yes"),
        sentence);
    flow.stop();
    delete();
    flow.begin();
    flow.closedByALoad();
  }

  @Test
  void aTopicThatIsTruncatedBeforeItIsRead() throws Exception {
    try (Connection store = flow.setup.stores.connect(flow.setup.storeDatabase);
        Statement statement = store.createStatement()) {
      store.setAutoCommit(false);
      statement.execute(
          "select from crossfade.progress where domain = '%s' for update"
              .formatted(flow.setup.domain));
      // 1. The domain waits for its row. 2. What it had asked Kafka for has come, two beats later.
      FlowFixture.await("the domain waits", SOON, this::waitsForTheStore);
      long before = flow.endOfTopic();
      FlowFixture.await("two heartbeats", SOON, () -> flow.endOfTopic() >= before + 2);
      long unread = flow.endOfTopic();
      flow.changesBehind();
      FlowFixture.await("the changes", SOON, () -> flow.endOfTopic() >= unread + 3);
      truncate();
      flow.opens();
      store.rollback();
    }
    flow.finds(DOMAIN, "holds the offsets", "records are lost");
    flow.closedByALoad();
  }

  @Test
  void aTopicThatIsTruncatedWhileNobodyReads() throws Exception {
    flow.stop();
    flow.begin(Set.of(Role.CAPTURE));
    long unread = flow.endOfTopic();
    flow.changesBehind();
    FlowFixture.await("the changes", SOON, () -> flow.endOfTopic() >= unread + 3);
    truncate();
    flow.stop();
    flow.begin();
    flow.finds(DOMAIN, "holds the offsets", "records are lost");
    flow.closedByALoad();
  }

  private boolean waitsForTheStore() throws Exception {
    try (Connection store = flow.setup.stores.connect(flow.setup.storeDatabase)) {
      return !FlowFixture.rows(
              store,
              "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
          .isEmpty();
    }
  }

  private void delete() throws Exception {
    flow.kafka.deleteTopics(List.of(flow.topic)).all().get();
  }

  private void make() throws Exception {
    var topic =
        new NewTopic(flow.topic, 1, (short) 1)
            .configs(
                Map.of(
                    "cleanup.policy",
                    "delete",
                    "retention.ms",
                    "604800000",
                    "max.message.bytes",
                    "33554432"));
    FlowFixture.await(
        "the topic is made again",
        SOON,
        () -> {
          try {
            flow.kafka.createTopics(List.of(topic)).all().get();
            return true;
          } catch (java.util.concurrent.ExecutionException e) {
            return false; // the one that was deleted is not gone yet
          }
        });
  }

  private void addPartitions() throws Exception {
    flow.kafka.createPartitions(Map.of(flow.topic, NewPartitions.increaseTo(3))).all().get();
  }

  private void truncate() throws Exception {
    flow.kafka
        .deleteRecords(
            Map.of(
                new TopicPartition(flow.topic, 0), RecordsToDelete.beforeOffset(flow.endOfTopic())))
        .all()
        .get();
  }

  // The control database

  @Test
  void aControlDatabaseThatIsRestoredFromAnOldBackup() throws Exception {
    flow.control("create table backup as select * from crossfade.capture");
    flow.stop();
    flow.start();
    flow.rowsBefore();
    flow.opens();
    restore();
    flow.finds(CAPTURE, "was released to");
    flow.changesBehind();
    flow.stop();
    flow.begin();
    flow.finds(CAPTURE, "was released to");
    flow.closedByALoad();
    flow.control("drop table backup");
  }

  @Test
  void aControlDatabaseThatForgotTheSource() throws Exception {
    flow.opens();
    flow.control("delete from crossfade.capture");
    flow.finds(CAPTURE, "the control database knows nothing of it");
    flow.changesBehind();
    flow.closedByALoad();
  }

  /** Numbers that are given out a second time would be taken for a zombie's. */
  @Test
  void aGenerationThatIsSetBackLosesNothingAndIsNoGap() throws Exception {
    long epoch = flow.epoch();
    long generation = flow.status().path("capture").path("generation").asLong();
    flow.control("update crossfade.capture set generation = greatest(0, generation - 1)");
    FlowFixture.await(
        "another generation",
        SOON,
        () -> flow.status().path("capture").path("generation").asLong() > generation);
    flow.rowsBefore();
    flow.stop();
    flow.control("update crossfade.capture set generation = 1");
    flow.begin();
    flow.follows();
    flow.rowsBefore();
    assertEquals(epoch, flow.epoch(), "it needed no load");
  }

  private void restore() {
    flow.control(
        "begin; delete from crossfade.capture; insert into crossfade.capture select * from backup; commit");
  }

  // The store's progress

  @Test
  void aProgressThatTheTopicDoesNotHave() throws Exception {
    flow.opens();
    flow.progress("next_offset = next_offset + 1000000");
    flow.changesBehind();
    flow.finds(DOMAIN, "and the store needs");
    flow.stop();
    flow.begin();
    flow.finds(DOMAIN, "and the store needs");
    flow.closedByALoad();
  }

  @Test
  void recordsThatAreMissingInTheMiddle() throws Exception {
    flow.opens();
    flow.progress("sequence = sequence - 2");
    flow.changesBehind();
    flow.finds(DOMAIN, "are missing in the topic");
    flow.stop();
    flow.begin();
    flow.finds(DOMAIN, "the records between are lost");
    flow.closedByALoad();
  }
}
