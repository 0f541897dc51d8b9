package dev.crossfade.gap;

import static dev.crossfade.gap.GapFlow.Stage.CAPTURE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.command.Setup;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The source is restored, failed over or replaced, always at the same address, or has removed log
 * that was still needed. The tests share a flow as long as it is well, and the server at its
 * address changes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SourceGapTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Map<String, String> SETTINGS =
      Map.of(
          "wal_level",
          "logical",
          "max_slot_wal_keep_size",
          "64MB",
          "checkpoint_timeout",
          "1h",
          "wal_init_zero",
          "off",
          "wal_recycle",
          "off");

  private Optional<GapFlow> shared = Optional.empty();
  private GapFlow flow;
  private PostgresServer server;

  @BeforeEach
  void aFlowThatFollows() throws Exception {
    if (shared.isEmpty() || !shared.get().well()) {
      takeAway();
      server = PostgresServer.start(Servers.freshFolder("source"), 0, SETTINGS);
      shared = Optional.of(new GapFlow(server));
      shared.get().legacy("create table noise (line text)");
      shared.get().start();
    }
    flow = shared.get();
    flow.rowsBefore();
  }

  @AfterAll
  void takeAway() {
    shared.ifPresent(GapFlow::stop);
    shared.ifPresent(GapFlow::close);
    shared = Optional.empty();
    if (server != null) {
      server.kill();
    }
  }

  // Log that is gone

  /** A transaction that is open for long keeps the slot from moving, until its log is too much. */
  @Test
  void logThatIsRemovedWhileItStreams() throws Exception {
    try (Connection application = server.connect(flow.setup.legacyDatabase);
        Statement statement = application.createStatement()) {
      application.setAutoCommit(false);
      statement.execute("insert into noise values ('of a long transaction')");
      writeLog(6);
      flow.opens();
      flow.legacy("checkpoint");
      flow.changesBehind();
      flow.finds(CAPTURE, "wal_status lost", "max_slot_wal_keep_size");
      application.rollback();
    }
    flow.closedByALoad();
  }

  /** 1. The connection hangs. 2. Its log is to be removed. 3. It wakes up, and is ended. */
  @Test
  void logThatIsRemovedWhileTheConnectionHangs() throws Exception {
    String pid =
        Setup.one(
            server,
            "postgres",
            "select active_pid from pg_replication_slots where slot_name = '%s'"
                .formatted(flow.slot()));
    signal("STOP", pid);
    writeLog(6);
    var checkpoint = CompletableFuture.runAsync(() -> flow.legacy("checkpoint"));
    FlowFixture.await("it is to end", SOON, () -> !walStatus().equals("reserved"));
    flow.opens();
    signal("CONT", pid);
    checkpoint.get(20, TimeUnit.SECONDS);
    assertEquals("lost", walStatus());
    flow.changesBehind();
    flow.finds(CAPTURE, "wal_status lost");
    flow.closedByALoad();
  }

  private static void signal(String name, String pid) throws Exception {
    assertEquals(0, new ProcessBuilder("kill", "-" + name, pid).start().waitFor());
  }

  @Test
  void logThatIsRemovedWhileNobodyReads() throws Exception {
    flow.stop();
    flow.changesBehind();
    writeLog(6);
    flow.legacy("checkpoint");
    assertEquals("lost", walStatus());
    flow.begin();
    flow.finds(CAPTURE, "wal_status lost", "max_slot_wal_keep_size");
    flow.closedByALoad();
  }

  /** To refuse a slot in this state is what loses it. */
  @Test
  void logThatIsAboutToBeRemovedIsReadAtOnce() throws Exception {
    long epoch = flow.epoch();
    flow.stop();
    writeLog(6);
    flow.legacy("update things set label = 'late'");
    assertEquals("unreserved", walStatus());
    flow.begin();
    flow.follows();
    assertEquals(epoch, flow.epoch(), "it needed no load");
    FlowFixture.await(
        "the slot is safe",
        SOON,
        () -> {
          flow.legacy("select pg_log_standby_snapshot()"); // from where a slot can begin to read
          return walStatus().equals("reserved");
        });
    flow.legacy("checkpoint");
    flow.rowsBefore();
  }

  private void writeLog(int segments) {
    for (int i = 0; i < segments; i++) {
      flow.legacy("select pg_logical_emit_message(false, 'noise', 'x')");
      flow.legacy("select pg_switch_wal()");
    }
  }

  private String walStatus() throws Exception {
    return Setup.one(
        server,
        "postgres",
        "select wal_status from pg_replication_slots where slot_name = '%s'"
            .formatted(flow.slot()));
  }

  // Another server at the same address

  @Test
  void aSourceThatIsRestoredFromABackup() throws Exception {
    Path backup = backup();
    goOn();
    server.kill();
    serverOf(backup);
    flow.opens();
    flow.changesBehind();
    flow.finds(CAPTURE, "the source's log ends at", "restored from a backup");
    flow.closedByALoad();
  }

  /** Then its log is as long as it was, and only what it says is another. */
  @Test
  void aSourceThatIsRestoredFromABackupAndHasGoneAnotherWay() throws Exception {
    Path backup = backup();
    goOn();
    flow.stop();
    server.kill();
    serverOf(backup);
    flow.changesBehind(); // at a place where other changes were captured
    writeLog(3);
    flow.legacy("insert into noise values ('beyond what was captured')");
    flow.begin();
    flow.finds(CAPTURE, "has gone another way since");
    flow.stop();
    flow.begin();
    flow.finds(CAPTURE, "has gone another way since");
    flow.closedByALoad();
  }

  @Test
  void aSourceThatIsFailedOver() throws Exception {
    Path backup = backup();
    goOn();
    server.kill();
    Files.createFile(backup.resolve("data").resolve("standby.signal"));
    serverOf(backup);
    flow.legacy("select pg_promote()");
    flow.opens();
    writeLog(2); // it is ahead of what was captured
    flow.changesBehind();
    flow.finds(CAPTURE, "failed over", "(timeline 2, expected 1)");
    flow.closedByALoad();
  }

  /** What the other server lacks is not what is told. */
  @Test
  void aSourceThatIsAnotherServer() throws Exception {
    server.kill();
    serverOf(Servers.freshFolder("another"));
    server.createDatabase(flow.setup.legacyDatabase);
    flow.legacy(
        "create role %s login replication password 'secret'".formatted(flow.setup.captureRole));
    flow.opens();
    flow.finds(CAPTURE, "the source is another server (system identifier");
    flow.legacy(
        "create table things (id int primary key, label text not null, owner_name text); create table noise (line text); insert into things values (1, 'lost', 'Eve')");
    flow.legacy(flow.setup.crossfade("init", "--json").json().at("/source/sql").asText());
    flow.finds(CAPTURE, "the source is another server (system identifier");
    flow.closedByALoad();
  }

  /** A cold backup of the source, which then goes on; the flow waits meanwhile. */
  private Path backup() throws Exception {
    Path folder = Servers.freshFolder("backup");
    server.close();
    server.copyTo(folder);
    server.restart();
    return folder;
  }

  /** The source goes on after the backup, and the flow with it. */
  private void goOn() throws Exception {
    FlowFixture.await("it is ready again", SOON, flow::well);
    writeLog(1);
    flow.rowsBefore();
    String now = Setup.one(server, "postgres", "select pg_current_wal_lsn()");
    FlowFixture.await("it is remembered", SOON, () -> flow.remembers(now));
  }

  private void serverOf(Path folder) {
    server = PostgresServer.start(folder, server.port(), SETTINGS);
  }
}
