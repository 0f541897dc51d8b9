package dev.crossfade.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.lab.ServiceProcess;
import dev.crossfade.lab.ShopTraffic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two processes of the release share one flow; either may be killed, or stopped for a while. */
class TwoProcessesIT {
  @TempDir Path scratch;

  @Test
  void eitherMayBeKilledOrFrozen() throws Exception {
    var shop = new LedgerShop(scratch);
    FlowFixture flow = shop.flow();
    try (flow;
        ServiceProcess one = flow.process("one")) {
      flow.settle(Duration.ofSeconds(90));
      ShopUnderKillsIT.awaitDerived(flow);
      try (ServiceProcess two = flow.process("two");
          var reader = new SnapshotReader(flow);
          ShopTraffic traffic = shop.traffic(10, 5)) {
        awaitShared(flow, one, two);
        takesOver(flow, one, two);
        one.restart();
        awaitShared(flow, one, two);
        takesOver(flow, two, one);
        two.restart();
        awaitShared(flow, one, two);
        becomesAZombie(flow, one, two);
        awaitShared(flow, one, two);
        becomesAZombie(flow, two, one);
        awaitShared(flow, one, two);
        ShopTraffic.Counts counts = traffic.stop();
        flow.settle();
        assertEquals(0, counts.failures(), counts::toString);
        shop.compare()
            .forEach((domain, found) -> assertEquals(0, found.mismatches(), domain + found));
        assertEquals(List.of(), shop.offences());
        reader.end();
        assertEquals(List.of(), reader.offences().stream().limit(5).toList());
      }
    }
  }

  /**
   * 1. A process is stopped by SIGSTOP, for longer than its session. 2. The other one takes over
   * what it had, also where its transaction holds a lock, and goes on. 3. It wakes up and goes on
   * too.
   */
  private static void becomesAZombie(FlowFixture flow, ServiceProcess frozen, ServiceProcess lives)
      throws Exception {
    Set<String> had = owned(frozen);
    frozen.freeze();
    try {
      throughAfter(flow, had, lives, Duration.ofSeconds(25));
    } finally {
      frozen.thaw();
    }
    String id = Servers.freshName("awake");
    flow.fence(id);
    FlowFixture.await(
        "a marker is through after the zombie woke up",
        Duration.ofSeconds(30),
        () -> flow.through(id));
  }

  private static void takesOver(FlowFixture flow, ServiceProcess dies, ServiceProcess lives)
      throws Exception {
    Set<String> had = owned(dies);
    dies.kill();
    throughAfter(flow, had, lives, Duration.ofSeconds(15));
  }

  private static void throughAfter(
      FlowFixture flow, Set<String> had, ServiceProcess lives, Duration limit) throws Exception {
    long killed = System.nanoTime();
    String id = Servers.freshName("after");
    flow.fence(id);
    FlowFixture.await(
        "the marker is through, after "
            + had
            + " lost their process; the other one says "
            + lives.status(),
        limit,
        () -> flow.through(id));
    System.out.printf(
        "taken over %s: through after %d ms%n", had, (System.nanoTime() - killed) / 1_000_000);
  }

  /** Every stage has exactly one process. */
  private static void awaitShared(FlowFixture flow, ServiceProcess one, ServiceProcess two)
      throws Exception {
    FlowFixture.await(
        "both processes answer, and share the work",
        Duration.ofSeconds(120),
        () -> {
          Set<String> first = owned(one);
          Set<String> second = owned(two);
          var all = new TreeSet<>(first);
          all.addAll(second);
          return settled(one)
              && settled(two)
              && first.size() + second.size() == all.size()
              && all.contains("capture")
              && all.size() == flow.domains().size() + 1
              && first.stream().anyMatch(flow.domains()::contains)
              && second.stream().anyMatch(flow.domains()::contains);
        });
    assertTrue(one.alive() && two.alive());
  }

  /** Whether every stage of a process either works or stands by. */
  private static boolean settled(ServiceProcess process) {
    var states = new TreeSet<String>();
    JsonNode status = process.status().orElse(null);
    if (status == null) {
      return false;
    }
    states.add(status.path("capture").path("state").asText());
    status.path("domains").forEach(domain -> states.add(domain.path("state").asText()));
    return Set.of("STREAMING", "FOLLOWING", "STANDBY").containsAll(states);
  }

  private static Set<String> owned(ServiceProcess process) {
    var owned = new TreeSet<String>();
    JsonNode status = process.status().orElse(null);
    if (status != null) {
      if (status.path("capture").path("state").asText().equals("STREAMING")) {
        owned.add("capture");
      }
      for (var domain : status.path("domains").properties()) {
        if (domain.getValue().path("state").asText().equals("FOLLOWING")) {
          owned.add(domain.getKey());
        }
      }
    }
    return owned;
  }
}
