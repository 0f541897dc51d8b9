package dev.crossfade.model;

import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.service.Service;
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
import org.postgresql.PGConnection;

/** Plays a history on a world of its own and checks the laws. One thread plays. */
final class Playback implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final long SLOW = 1_000;

  private final World world = new World();
  private final FlowFixture flow = world.flow();
  private final List<Service> services = new ArrayList<>();
  private final List<Witness> witnesses = new ArrayList<>();
  private final Map<Integer, Connection> connections = new HashMap<>();
  private final Map<Step.Fault.Kind, Integer> faults = new EnumMap<>(Step.Fault.Kind.class);
  private int instances;

  Playback() throws Exception {}

  /** What broke a law; empty if nothing did. */
  List<String> play(History history) throws Exception {
    start();
    flow.settle(PATIENCE);
    world.openEyes();
    for (String domain : World.DOMAINS) {
      boolean compares = !(history.parks() && domain.equals("rental"));
      witnesses.add(new Witness(world, domain, compares));
    }
    for (Step step : history.steps()) {
      long from = System.nanoTime();
      take(step);
      long ms = (System.nanoTime() - from) / 1_000_000;
      if (ms > SLOW) {
        System.out.printf("model: %d ms: %.100s%n", ms, step);
      }
    }
    return verdict();
  }

  /** Faults that were met, and states that the witnesses saw. */
  String summary() {
    return "faults %s, states seen %s"
        .formatted(faults, witnesses.stream().map(Witness::states).toList());
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

  private void awaitShown(String domain, long n) throws Exception {
    FlowFixture.await(
        "store of " + domain + " shows transaction " + n,
        PATIENCE,
        () -> {
          try {
            return world.shown(domain) >= n;
          } catch (SQLException e) {
            return false; // the store is coming back
          }
        });
  }

  private void start() throws Exception {
    services.add(flow.start("model-" + ++instances));
  }

  private void stopAll() {
    services.forEach(flow::stop);
    services.clear();
  }

  private void disturb(Step.Fault fault) throws Exception {
    faults.merge(fault.kind(), 1, Integer::sum);
    switch (fault.kind()) {
      case RESTART -> {
        stopAll();
        start();
      }
      case CRASH -> {
        // no transaction of the service ends in order: they are cut before it is closed
        endWalsender();
        endStoreConnections();
        endControlConnections();
        stopAll();
        start();
      }
      case JOIN -> {
        if (services.size() < 3) {
          start();
        }
      }
      case LEAVE -> {
        if (services.size() > 1) {
          flow.stop(services.remove(fault.number() % services.size()));
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
    }
  }

  /** Whoever owns the domain loses it, and the next owner reads its topic from the beginning. */
  void replay(String domain) throws SQLException {
    store(
        domain,
        "update crossfade.progress set owner = owner + 1, next_offset = 0, generation = 0, sequence = -2, void_generation = 0 where domain = '%s'");
  }

  private void store(String domain, String sql) throws SQLException {
    try (Connection store = world.store(domain);
        Statement statement = store.createStatement()) {
      statement.execute(sql.formatted(world.name(domain)));
    }
  }

  private void endWalsender() throws SQLException {
    flow.legacy("select pg_terminate_backend(active_pid) from pg_replication_slots where active");
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

  private List<String> verdict() throws Exception {
    settle();
    var broken = new ArrayList<String>();
    for (String domain : World.DOMAINS) {
      world.differences(domain).stream()
          .limit(8)
          .forEach(d -> broken.add(domain + " at the end: " + d));
    }
    world.wrongNames().stream().limit(5).forEach(n -> broken.add("not the first name: " + n));
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
    for (Witness witness : witnesses) {
      witness.close();
      witness.offences().stream().limit(3).forEach(broken::add);
      if (witness.states() < 2) {
        broken.add("a witness saw only " + witness.states() + " states");
      }
    }
    return broken;
  }

  /** Until everything is through and nothing waits; a replay has to come to its end for that. */
  private void settle() throws Exception {
    flow.settle(PATIENCE);
    for (String domain : World.DOMAINS) {
      world.awaitDerived(domain);
      awaitShown(domain, world.committed(domain));
    }
  }

  @Override
  public void close() throws SQLException {
    witnesses.forEach(Witness::close);
    for (Connection connection : connections.values()) {
      connection.close();
    }
    world.close();
  }
}
