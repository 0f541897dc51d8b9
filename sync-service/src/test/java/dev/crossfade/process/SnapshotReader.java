package dev.crossfade.process;

import dev.crossfade.fixture.FlowFixture;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads the order store, snapshot after snapshot at REPEATABLE READ, while it is written: each must
 * be a state that the legacy had, and never an older one than before. Survives the store's death.
 */
final class SnapshotReader implements AutoCloseable {
  private static final String SNAPSHOT =
      """
      select l.n, l.orders, l.items, l.subtotal,
        (select count(*) from orders), (select count(*) from order_items),
        (select coalesce(sum(line_total - discount_amount), 0) from order_items),
        (select coalesce(sum(subtotal), 0) from orders),
        (select count(*) from orders o where o.subtotal <>
          (select coalesce(sum(i.line_total - i.discount_amount), 0) from order_items i where i.order_id = o.order_id)),
        (select count(*) from orders o where not exists (select from order_items i where i.order_id = o.order_id)),
        (select coalesce(sum(hashtext(order_id::text || status || payment_status)::bigint), 0) from orders)
      from shop_ledger l
      """;

  private final FlowFixture flow;
  private final List<String> offences = new CopyOnWriteArrayList<>();
  private final Thread thread = new Thread(this::run, "snapshot-reader");
  private volatile boolean stop;
  private volatile long snapshots;
  private volatile long changes;

  SnapshotReader(FlowFixture flow) {
    this.flow = flow;
    thread.start();
  }

  long snapshots() {
    return snapshots;
  }

  /** How many snapshots saw other orders than the one before. */
  long changes() {
    return changes;
  }

  List<String> offences() {
    return offences;
  }

  private void run() {
    long lastN = -1;
    String lastOrders = "";
    while (!stop) {
      try (Connection connection = flow.storeConnection("order-store")) {
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setReadOnly(true);
        while (!stop) {
          long began = System.nanoTime();
          List<String> rows = FlowFixture.rows(connection, SNAPSHOT);
          connection.commit();
          // the reader leaves the processors to the flow that it watches, on a slow machine too
          LockSupport.parkNanos(Math.max(20_000_000, System.nanoTime() - began));
          if (rows.isEmpty()) {
            continue; // the load is not derived yet
          }
          String[] seen = rows.get(0).split("\\|");
          long n = Long.parseLong(seen[0]);
          check(seen, n, lastN);
          changes += seen[10].equals(lastOrders) ? 0 : 1;
          lastOrders = seen[10];
          lastN = n;
          snapshots++;
        }
      } catch (SQLException e) {
        // the store is down; it comes back
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  private void check(String[] seen, long n, long lastN) {
    if (n < lastN) {
      offences.add("state " + n + " after state " + lastN);
    }
    boolean counts = seen[1].equals(seen[4]) && seen[2].equals(seen[5]);
    boolean sums =
        new java.math.BigDecimal(seen[3]).compareTo(new java.math.BigDecimal(seen[6])) == 0
            && new java.math.BigDecimal(seen[3]).compareTo(new java.math.BigDecimal(seen[7])) == 0;
    if (!counts || !sums) {
      offences.add(
          "state %s has %s orders, %s items, %s in all; the store has %s, %s, %s and %s"
              .formatted(seen[0], seen[1], seen[2], seen[3], seen[4], seen[5], seen[6], seen[7]));
    }
    if (!seen[8].equals("0")) {
      offences.add("state " + n + ": " + seen[8] + " orders whose subtotal is not their items'");
    }
    if (!seen[9].equals("0")) {
      offences.add("state " + n + ": " + seen[9] + " orders without items");
    }
  }

  /** Ends the reading after the snapshot that is under way. */
  void end() {
    stop = true;
    try {
      thread.join(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    end();
  }
}
