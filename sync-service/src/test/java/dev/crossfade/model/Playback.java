package dev.crossfade.model;

import dev.crossfade.capture.CaptureStatus;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.faults.Edges;
import dev.crossfade.faults.Failpoints;
import dev.crossfade.faults.Instance;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.setup.Pools;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.postgresql.PGConnection;

/** Plays a history on a world of its own and checks the laws. One thread plays. */
final class Playback implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofMinutes(3);

  private static final long SLOW = 2_000;

  private final Edges edges;
  private final Duration patience;
  private final Failpoints failpoints = new Failpoints();
  private final World world = new World();
  private final FlowFixture flow = world.flow();
  private final List<Instance> instances = new ArrayList<>();
  private final List<Witness> witnesses = new ArrayList<>();
  private final Map<Integer, Connection> connections = new HashMap<>();
  private final Map<Step.Fault.Kind, Integer> faults = new EnumMap<>(Step.Fault.Kind.class);
  private int polls;
  private int started;
  private int crashes;
  private int loadedBefore;
  private boolean gapExpected;
  private long generationThatEnded;

  Playback() throws Exception {
    this(Edges.NONE, PATIENCE);
  }

  /**
   * @param edges what stands between the flow and its surroundings
   * @param patience how long the flow may take to come back
   */
  Playback(Edges edges, Duration patience) throws Exception {
    this.edges = edges;
    this.patience = patience;
  }

  /** What broke a law; empty if nothing did. */
  List<String> play(History history) throws Exception {
    polls = history.polls();
    gapExpected = history.gap();
    start();
    settle();
    world.openEyes();
    for (String domain : World.DOMAINS) {
      boolean compares = !(history.parks() && domain.equals("rental"));
      witnesses.add(new Witness(world, domain, compares));
    }
    for (Step step : history.steps()) {
      long from = System.nanoTime();
      reap();
      take(step);
      long ms = (System.nanoTime() - from) / 1_000_000;
      if (ms > SLOW) {
        System.out.printf("model: %d ms: %.100s%n", ms, step);
      }
    }
    if (gapExpected) {
      await(
          "a gap is found",
          () -> instances.stream().anyMatch(instance -> instance.gap().isPresent()));
      return offences();
    }
    return verdict(history);
  }

  /** Faults that were met, and states that the witnesses saw. */
  String summary() {
    return "faults %s, failpoints %s, %d crashes, states seen %s"
        .formatted(
            faults, failpoints.met(), crashes, witnesses.stream().map(Witness::states).toList());
  }

  Failpoints failpoints() {
    return failpoints;
  }

  private void take(Step step) throws Exception {
    if (step instanceof Step.Begin begin) {
      Connection connection = flow.legacyConnection();
      connection.setAutoCommit(false);
      connections.put(begin.tx(), connection);
      // A generator that lets two transactions wait for each other is wrong.
      execute(begin.tx(), "set lock_timeout = '5s'");
    } else if (step instanceof Step.Sql sql) {
      execute(sql.tx(), sql.sql());
    } else if (step instanceof Step.Copy copy) {
      connections
          .get(copy.tx())
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn(
              "copy " + copy.into() + " from stdin",
              new StringReader(String.join("\n", copy.lines()) + "\n"));
    } else if (step instanceof Step.End end) {
      try (Connection connection = connections.remove(end.tx())) {
        if (end.commit()) {
          connection.commit();
        } else {
          connection.rollback();
        }
      }
    } else if (step instanceof Step.Await await) {
      awaitShown(await.domain(), world.committed(await.domain()) - await.behind());
    } else if (step instanceof Step.Arm arm) {
      failpoints.arm(arm.fault());
    } else if (step instanceof Step.Fault fault) {
      disturb(fault);
    }
  }

  private void execute(int tx, String sql) throws SQLException {
    try (Statement statement = connections.get(tx).createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException("[" + tx + "] " + sql + ": " + e.getMessage(), e);
    }
  }

  /** A new slot waits for the transactions that are open, so nothing here may wait for the slot. */
  private boolean waitsForUs() {
    return loadedBefore > 0
        && !connections.isEmpty()
        && instances.stream().noneMatch(i -> i.capture().epoch() > loadedBefore && streams(i));
  }

  private static boolean streams(Instance instance) {
    return instance.capture().state() == CaptureStatus.State.STREAMING;
  }

  private void awaitShown(String domain, long n) throws Exception {
    await(
        "store of " + domain + " shows transaction " + n,
        () -> {
          try {
            return waitsForUs() || world.shown(domain) >= n;
          } catch (SQLException e) {
            return false; // the store is coming back
          }
        });
  }

  /** Waits, and replaces processes that are gone meanwhile. */
  private void await(String what, Callable<Boolean> condition) throws Exception {
    try {
      FlowFixture.await(
          what,
          patience,
          () -> {
            reap();
            return condition.call();
          });
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; " + instances, e);
    }
  }

  private void start() throws Exception {
    instances.add(new Instance(flow.settings(), "model-" + ++started, failpoints, edges, polls));
  }

  private void stopAll() {
    instances.forEach(Instance::close);
    instances.clear();
  }

  /** Whoever has crashed is started again, as a supervisor would. */
  private void reap() throws Exception {
    for (Instance instance : List.copyOf(instances)) {
      if (instance.gone()) {
        crashes++;
        instance.close();
        instances.remove(instance);
        start();
      }
    }
    for (Instance instance : gapExpected ? List.<Instance>of() : instances) {
      instance
          .gap()
          .ifPresent(
              gap -> {
                throw new AssertionError("a gap where none is: " + gap);
              });
    }
  }

  private void disturb(Step.Fault fault) throws Exception {
    faults.merge(fault.kind(), 1, Integer::sum);
    switch (fault.kind()) {
      case RESTART -> {
        stopAll();
        start();
      }
      case CRASH -> {
        instances.forEach(Instance::kill);
        stopAll();
        start();
      }
      case JOIN -> {
        if (instances.size() < 3) {
          start();
        }
      }
      case LEAVE -> {
        if (instances.size() > 1) {
          instances.remove(fault.number() % instances.size()).close();
        }
      }
      case WALSENDER -> endWalsender();
      case STORE_CONNECTIONS -> endStoreConnections();
      case CONTROL_CONNECTIONS -> endControlConnections();
      case USURP ->
          store(
              fault.domain(),
              "update crossfade.progress set owner = owner + 1 where domain = '%s'");
      case REPLAY -> replay(fault.domain());
      case STORES_KILLED -> {
        Servers.stores().kill();
        Servers.stores().restart();
      }
      case BROKER_KILLED -> {
        Servers.kafka().kill();
        Servers.kafka().restart();
      }
      case LEGACY_KILLED -> {
        if (connections.isEmpty()) {
          Servers.legacy().kill();
          Servers.legacy().restart();
        }
      }
      case LOAD -> load();
      case SLOT_MADE_AGAIN -> makeSlotAgain();
      case STOP -> stopAll();
      case START -> start();
    }
  }

  /**
   * Whoever streams comes back at once, so the slot is dropped in the moment in which it is free.
   */
  private void makeSlotAgain() throws Exception {
    flow.legacy(
        """
        do $$ begin
          for i in 1..2000 loop
            perform pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = 'crossfade_legacy' and active;
            begin
              perform pg_drop_replication_slot('crossfade_legacy');
              return;
            exception when object_in_use then
              perform pg_sleep(0.002);
            end;
          end loop;
          raise 'the slot was never free';
        end $$
        """);
    flow.legacy("update contracts set customer_no = 102 where contract_no = 2");
    try {
      flow.legacy("select pg_create_logical_replication_slot('crossfade_legacy', 'pgoutput')");
    } catch (SQLException e) {
      // the engine that came back has made it
    }
  }

  private void load() throws Exception {
    loadedBefore =
        Math.max(1, instances.stream().mapToInt(i -> i.capture().epoch()).max().orElse(1));
    try (var pools = new Pools("model")) {
      new ControlDatabase(pools.of(flow.settings().control())).requestLoad("legacy");
    }
  }

  /** Whoever owns the domain loses it, and the next owner reads its topic from the beginning. */
  void replay(String domain) throws SQLException {
    store(
        domain,
        "update crossfade.progress set owner = owner + 1, next_offset = 0, generation = 0, sequence = -2, void_generation = 0 where domain = '%s' and loaded_epoch > 0 and open_epoch is null");
  }

  private void store(String domain, String sql) throws SQLException {
    try (Connection store = world.store(domain);
        Statement statement = store.createStatement()) {
      statement.execute(sql.formatted(world.name(domain)));
    }
  }

  private void endWalsender() throws SQLException {
    long generation = generation();
    try (Connection legacy = flow.legacyConnection()) {
      if (!FlowFixture.rows(
              legacy,
              "select pg_terminate_backend(active_pid) from pg_replication_slots where active")
          .isEmpty()) {
        generationThatEnded = generation;
      }
    }
  }

  private long generation() {
    return instances.stream().mapToLong(i -> i.capture().generation()).max().orElse(0);
  }

  private void endStoreConnections() throws SQLException {
    for (String domain : World.DOMAINS) {
      store(
          domain,
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");
    }
  }

  private void endControlConnections() throws SQLException {
    store(
        "rental",
        "select pg_terminate_backend(pid) from pg_stat_activity where datname like 'control\\_%%'");
  }

  private List<String> verdict(History history) throws Exception {
    if (instances.isEmpty()) {
      start();
    }
    settle();
    var broken = new ArrayList<String>();
    for (String domain : World.DOMAINS) {
      world.differences(domain).stream()
          .limit(8)
          .forEach(d -> broken.add(domain + " at the end: " + d));
    }
    if (!history.loads()) {
      // what came with a load may have a name of later
      world.wrongNames().stream().limit(5).forEach(n -> broken.add("not the first name: " + n));
    }
    var before = new HashMap<String, List<String>>();
    for (String domain : World.DOMAINS) {
      before.put(domain, world.versions(domain));
      replay(domain);
    }
    settle();
    for (String domain : World.DOMAINS) {
      var after = world.versions(domain);
      if (!after.equals(before.get(domain))) {
        broken.add(domain + ": a replay wrote: " + before.get(domain) + " became " + after);
      }
      world.offences(domain).forEach(o -> broken.add(domain + ": " + o));
    }
    broken.addAll(offences());
    if (generation() <= generationThatEnded) {
      broken.add("generation " + generation() + " went on past a connection that was lost");
    }
    for (Witness witness : witnesses) {
      witness.close();
      if (witness.states() < 2 && world.committed(witness.domain()) > 10) {
        broken.add("the witness of " + witness.domain() + " saw nothing change");
      }
    }
    return broken;
  }

  /** What the witnesses saw and must not be. */
  List<String> offences() {
    var seen = new ArrayList<String>();
    witnesses.forEach(witness -> witness.offences().stream().limit(3).forEach(seen::add));
    return seen;
  }

  /** Until everything is through and nothing waits; a replay has to come to its end for that. */
  private void settle() throws Exception {
    String fence = Servers.freshName("fence");
    long[] next = {System.nanoTime()};
    await(
        fence + " is through",
        () -> {
          if (System.nanoTime() - next[0] >= 0) {
            flow.fence(fence);
            next[0] = System.nanoTime() + Duration.ofSeconds(2).toNanos();
          }
          return flow.through(fence);
        });
    for (String domain : World.DOMAINS) {
      await("nothing of " + domain + " waits to be derived", () -> world.waiting(domain).isEmpty());
      awaitShown(domain, world.committed(domain));
    }
  }

  @Override
  public void close() throws SQLException {
    witnesses.forEach(Witness::close);
    for (Connection connection : connections.values()) {
      connection.close();
    }
    stopAll();
    world.close();
  }
}
