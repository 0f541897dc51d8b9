package dev.crossfade.stuck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.lab.TcpProxy;
import dev.crossfade.setup.Role;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pipe that is stuck is seen within 15 s, by both processes, with the reason; when what was wrong
 * is mended it flows again by itself within 15 s, and has lost nothing and written nothing twice.
 */
class StuckPipeTest {
  private static final Logger LOG = LoggerFactory.getLogger(StuckPipeTest.class);
  private static final Duration SEEN = Duration.ofSeconds(15);
  private static final Duration RECOVERED = Duration.ofSeconds(15);
  private static final long SEED = Long.getLong("stuck.seed", System.nanoTime() % 1_000_000);

  private static PostgresServer stopped;
  private static PostgresServer frozen;
  private static PostgresServer full;
  private static TcpProxy network;
  private static Pipe pipe;
  private static Pipe.Process capture;
  private static Pipe.Process apply;

  @BeforeAll
  static void itFlows() throws Exception {
    LOG.info("the network's seed is {} (-Dstuck.seed={})", SEED, SEED);
    stopped = PostgresServer.start(Servers.freshFolder("stopped"), 0, Map.of());
    frozen = PostgresServer.start(Servers.freshFolder("frozen"), 0, Map.of());
    full = PostgresServer.startWithSmallDisk(Servers.freshFolder("full"));
    network = new TcpProxy(Servers.legacy().port(), SEED);
    pipe =
        new Pipe(Servers.stores(), network.port())
            .store("stopped", stopped, "")
            .store("frozen", frozen, "")
            .store("full", full, "tablespace small")
            .store("readonly", Servers.stores(), "")
            .store("crowded", Servers.stores(), "")
            .store("locked", Servers.stores(), "")
            .store("slow", Servers.stores(), "")
            .initialised();
    capture = pipe.process("capturing", Role.CAPTURE);
    apply = pipe.process("applying", Role.APPLY);
    FlowFixture.await("the pipe to flow", Duration.ofSeconds(60), StuckPipeTest::flows);
  }

  @AfterAll
  static void everythingEnds() throws Exception {
    pipe.close();
    network.close();
    for (PostgresServer server : List.of(stopped, frozen, full)) {
      server.kill();
    }
  }

  private static boolean flows() throws Exception {
    return capture.ready() && apply.ready();
  }

  private interface Act {
    void run() throws Exception;
  }

  /** The pipe is whole and has just moved something. */
  private static void whole() throws Exception {
    FlowFixture.await("the pipe to be whole", Duration.ofSeconds(30), StuckPipeTest::flows);
    pipe.trafficInLegacy(5, 100);
    String fence = pipe.fence();
    FlowFixture.await("traffic", RECOVERED, () -> pipe.before(fence).isEmpty());
  }

  /** Breaks something, waits until it is seen, mends it, and waits until the pipe is whole. */
  private static void seenAndRecovered(
      String what, Act breaks, Callable<String> unseen, Act mends, Duration recovery)
      throws Exception {
    long broken = System.nanoTime();
    breaks.run();
    try {
      FlowFixture.await(
          what + " to be seen",
          SEEN,
          () -> {
            String not = unseen.call();
            if (System.nanoTime() - broken > SEEN.toNanos() - 1_000_000_000L && !not.isEmpty()) {
              LOG.warn("{}: {}: {} {}", what, not, capture.status(), apply.status());
            }
            return not.isEmpty();
          });
      LOG.info("{}: seen after {}", what, since(broken));
      notShownAsFresh();
    } finally {
      mends.run();
    }
    recovered(what, recovery);
  }

  private static void recovered(String what, Duration limit) throws Exception {
    long mended = System.nanoTime();
    pipe.trafficInLegacy(2, 100);
    String fence = pipe.fence();
    FlowFixture.await(
        what + ": a marker through every domain",
        limit,
        () -> {
          List<String> waiting = pipe.before(fence);
          if (System.nanoTime() - mended > limit.toNanos() - 1_000_000_000L) {
            LOG.warn("{}: {}: {} {}", what, waiting, capture.status(), apply.status());
          }
          return waiting.isEmpty();
        });
    String through = since(mended);
    FlowFixture.await(
        what + ": ready again",
        limit.minusNanos(System.nanoTime() - mended),
        () -> {
          if (System.nanoTime() - mended > limit.toNanos() - 500_000_000L) {
            LOG.warn("{}: {} {}", what, capture.status(), apply.status());
          }
          return flows();
        });
    LOG.info("{}: through after {}, ready after {}", what, through, since(mended));
    for (String store : pipe.stores.keySet()) {
      assertEquals("", pipe.difference(store));
    }
  }

  /** While no marker comes, no lag may look like that of a pipe that flows. */
  private static void notShownAsFresh() throws Exception {
    JsonNode domains = apply.status().path("domains");
    String metrics = apply.metrics();
    for (String name : pipe.stores.keySet()) {
      JsonNode domain = domains.path(pipe.domain(name));
      if (!unready(apply).contains(pipe.domain(name))) {
        continue;
      }
      JsonNode lag = domain.path("end_to_end_lag_seconds");
      assertTrue(lag.isNull() || lag.asDouble() > 5, domain::toString);
      assertFalse(domain.path("consumer_lag").asText().equals("0"), domain::toString);
      String gauge = "crossfade_end_to_end_lag_seconds{domain=\"" + pipe.domain(name) + "\"} ";
      String shown = metrics.lines().filter(l -> l.startsWith(gauge)).findFirst().orElseThrow();
      double seconds = Double.parseDouble(shown.substring(gauge.length()));
      assertTrue(Double.isNaN(seconds) || seconds > 5, shown);
    }
  }

  private static String unready(Pipe.Process process) throws Exception {
    return process.status().path("unready").toString();
  }

  private static String since(long nanos) {
    return "%.1f s".formatted((System.nanoTime() - nanos) / 1e9);
  }

  /** Empty if the process is red and names all of these, or else what it does not. */
  private static String silent(Pipe.Process process, String... names) throws Exception {
    String unready = unready(process);
    var missing = new ArrayList<String>();
    for (String name : names) {
      if (!unready.contains(name)) {
        missing.add(name);
      }
    }
    if (process.ready()) {
      missing.add("readiness");
    }
    return missing.isEmpty() ? "" : missing + " not in " + unready;
  }

  /** What neither process says though the whole pipe stands still. */
  private static String nothingComes() throws Exception {
    return silent(capture, "capture")
        + silent(apply, pipe.stores.keySet().stream().map(pipe::domain).toArray(String[]::new));
  }

  @Test
  void aWalsenderThatIsKilledIsBackWithinFiveSeconds() throws Exception {
    whole();
    for (int i = 0; i < 3; i++) {
      pipe.legacy.execute(
          pipe.legacyDatabase,
          "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'crossfade_%s'"
              .formatted(pipe.source));
      recovered("a killed walsender", Duration.ofSeconds(5));
    }
  }

  @Test
  void aSourceThatIsDown() throws Exception {
    whole();
    seenAndRecovered(
        "a source that is down",
        pipe.legacy::kill,
        StuckPipeTest::nothingComes,
        pipe.legacy::restart,
        RECOVERED);
  }

  @Test
  void aNetworkThatSwallowsEverythingToTheSource() throws Exception {
    whole();
    seenAndRecovered(
        "a black hole to the source, seed " + SEED,
        network::blackHole,
        StuckPipeTest::nothingComes,
        network::heal,
        RECOVERED);
  }

  @Test
  void aBrokerThatIsDown() throws Exception {
    whole();
    seenAndRecovered(
        "a broker that is down",
        Servers.kafka()::kill,
        StuckPipeTest::nothingComes,
        Servers.kafka()::restart,
        RECOVERED);
  }

  @Test
  void aBrokerThatIsFrozen() throws Exception {
    whole();
    seenAndRecovered(
        "a broker that is frozen",
        Servers.kafka()::freeze,
        StuckPipeTest::nothingComes,
        Servers.kafka()::thaw,
        RECOVERED);
  }

  @Test
  void aControlDatabaseThatIsFrozen() throws Exception {
    whole();
    seenAndRecovered(
        "a control database that is frozen",
        Servers.stores()::freeze,
        StuckPipeTest::nothingComes,
        Servers.stores()::thaw,
        RECOVERED);
  }

  /**
   * Each in its own way and all at once: no store may hold up another, nor hide another's fault.
   */
  @Test
  void storesThatAreStuckEachInItsOwnWay() throws Exception {
    whole();
    PostgresServer shared = Servers.stores();
    Pipe.Place readonly = pipe.stores.get("readonly");
    Pipe.Place crowded = pipe.stores.get("crowded");
    Pipe.Place slow = pipe.stores.get("slow");
    Pipe.Place locked = pipe.stores.get("locked");
    try (Connection locker = shared.connect(locked.database());
        Statement lock = locker.createStatement()) {
      seenAndRecovered(
          "stores that are stuck",
          () -> {
            stopped.kill();
            frozen.freeze();
            full.fillDisk();
            shared.execute(
                "postgres",
                "alter database %s set default_transaction_read_only = on"
                    .formatted(readonly.database()));
            shared.execute(
                "postgres", "alter database %s connection limit 0".formatted(crowded.database()));
            shared.execute(
                "postgres",
                "alter database %s set statement_timeout = '200ms'".formatted(slow.database()));
            for (Pipe.Place place : List.of(readonly, crowded, slow)) {
              shared.execute(
                  "postgres",
                  "select pg_terminate_backend(pid) from pg_stat_activity where datname = '%s'"
                      .formatted(place.database()));
            }
            shared.execute(
                slow.database(),
                """
                create function sleeps() returns trigger language plpgsql as 'begin perform pg_sleep(1); return new; end';
                create trigger sleeps before insert on items for each row execute function sleeps();
                """);
            lock.execute("begin; lock table items");
            pipe.trafficInLegacy(40, 60_000);
          },
          () ->
              silent(
                  apply,
                  pipe.domain("stopped"),
                  pipe.domain("frozen"),
                  pipe.domain("full") + " has seen",
                  full.diskFullState(),
                  "25006",
                  "53300",
                  "55P03",
                  "57014"),
          () -> {
            stopped.restart();
            frozen.thaw();
            full.freeDisk();
            shared.execute(
                "postgres",
                "alter database %s reset default_transaction_read_only"
                    .formatted(readonly.database()));
            shared.execute(
                "postgres", "alter database %s connection limit -1".formatted(crowded.database()));
            shared.execute(
                "postgres", "alter database %s reset statement_timeout".formatted(slow.database()));
            // it waits for an insert that sleeps, which is no reason to be cancelled as well
            shared.execute(
                slow.database(), "set statement_timeout = 0; drop trigger sleeps on items");
            lock.execute("rollback");
          },
          RECOVERED);
    }
  }
}
