package dev.crossfade.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Comparison;
import dev.crossfade.lab.Servers;
import dev.crossfade.lab.ServiceProcess;
import dev.crossfade.lab.ShopTraffic;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The release under a shop's traffic while everything is killed with SIGKILL: the service three
 * times, the broker once, the stores' PostgreSQL once. Kills come after a number of committed
 * transactions, not after a time.
 */
class ShopUnderKillsIT {
  private static final long BETWEEN_KILLS = Long.getLong("kills.between", 600);

  @TempDir Path scratch;

  @Test
  void theStoresStayTrueAndNothingIsAppliedTwice() throws Exception {
    var shop = new LedgerShop(scratch);
    FlowFixture flow = shop.flow();
    try (flow;
        ServiceProcess service = flow.process("one")) {
      flow.settle(Duration.ofMinutes(3));
      awaitDerived(flow);
      try (var reader = new SnapshotReader(flow);
          ShopTraffic traffic = shop.traffic(30, 3)) {
        awaitTransactions(shop);
        service.kill();
        service.restart();
        awaitTransactions(shop);
        Servers.kafka().kill();
        Servers.kafka().restart();
        awaitTransactions(shop);
        service.kill();
        service.restart();
        awaitTransactions(shop);
        Servers.stores().kill();
        Servers.stores().restart();
        awaitTransactions(shop);
        service.kill();
        service.restart();
        awaitTransactions(shop);

        FlowFixture.await(
            "1,000 snapshots", Duration.ofMinutes(5), () -> reader.snapshots() >= 1_000);
        ShopTraffic.Counts counts = traffic.stop();
        flow.settle(Duration.ofMinutes(5));
        reader.end();

        assertEquals(0, counts.failures(), counts::toString);
        Map<String, Comparison.Found> found = shop.compare();
        for (var domain : found.entrySet()) {
          assertEquals(0, domain.getValue().mismatches(), () -> domain + " of " + counts);
          assertTrue(domain.getValue().rows() > 0, domain.getKey());
        }
        assertEquals(List.of(), shop.offences());
        assertEquals(List.of(), reader.offences().stream().limit(5).toList());
        assertTrue(reader.changes() > 10, "snapshots that saw a change: " + reader.changes());
        assertEquals(shop.transactions(), shop.applied());
        System.out.printf(
            "under kills: %d orders, %d transactions, %d snapshots, %d of them changed, %s%n",
            counts.orders(), shop.transactions(), reader.snapshots(), reader.changes(), found);
      }
    }
  }

  /** The load is derived in the background. */
  static void awaitDerived(FlowFixture flow) throws Exception {
    for (String store : flow.stores()) {
      FlowFixture.await(
          store + " is derived",
          Duration.ofMinutes(3),
          () -> flow.query(store, "select 1 from crossfade.dirty limit 1").isEmpty());
    }
  }

  /**
   * Waits until the legacy has gone on, and the order store too, from where it was: on a slow
   * machine the store may be behind, and is not waited for.
   */
  private static void awaitTransactions(LedgerShop shop) throws Exception {
    long from = shop.transactions();
    long applied = shop.applied();
    FlowFixture.await(
        BETWEEN_KILLS + " transactions",
        Duration.ofSeconds(300),
        () -> shop.transactions() >= from + BETWEEN_KILLS);
    FlowFixture.await(
        BETWEEN_KILLS / 2 + " transactions in the store, past " + applied,
        Duration.ofSeconds(300),
        () -> shop.applied() >= applied + BETWEEN_KILLS / 2);
  }
}
