package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TransactionsTest {
  private static final Instant COMMIT = Instant.EPOCH;

  @Test
  void refusesAnythingButWholeTransactionsOneAfterAnother() {
    assertThrows(IllegalStateException.class, () -> opened().begin("8"));
    assertThrows(IllegalStateException.class, () -> opened().row("8", new Lsn(20)));
    assertThrows(IllegalStateException.class, () -> opened().end("8", new Lsn(30), COMMIT));
    assertThrows(IllegalStateException.class, () -> fresh().row("7", new Lsn(20)));
    assertThrows(IllegalStateException.class, () -> fresh().end("7", new Lsn(30), COMMIT));
    assertThrows(IllegalStateException.class, () -> fresh().begin(""));
    assertThrows(IllegalStateException.class, () -> opened().end("7", new Lsn(10), COMMIT));
    Transactions falling = opened();
    falling.row("7", new Lsn(20));
    assertThrows(IllegalStateException.class, () -> falling.row("7", new Lsn(19)));
  }

  @Test
  void aRowStandsAfterTheEndOfTheTransactionBefore() {
    Transactions transactions = opened();
    assertEquals(new Position(3, new Lsn(10), new Lsn(20)), transactions.row("7", new Lsn(20)));
    assertEquals(new Position(3, new Lsn(10), new Lsn(20)), transactions.row("7", new Lsn(20)));
    transactions.end("7", new Lsn(50), COMMIT);
    transactions.begin("6");
    // its row was written before the other transaction's commit, and is later all the same
    assertEquals(new Position(3, new Lsn(50), new Lsn(15)), transactions.row("6", new Lsn(15)));
  }

  @Test
  void whatIsDeliveredAgainEndsWhereItEndedBefore() {
    Transactions same = new Transactions(1, new Lsn(10), new Lsn(50), Optional.of(COMMIT));
    same.begin("7");
    assertTrue(same.again());
    same.end("7", new Lsn(50), COMMIT);
    assertFalse(same.again());
    same.begin("8");
    same.end("8", new Lsn(70), COMMIT);
    Transactions other = new Transactions(1, new Lsn(10), new Lsn(50), Optional.of(COMMIT));
    other.begin("7");
    other.end("7", new Lsn(40), COMMIT);
    other.begin("8");
    assertTrue(other.again(), "what has come so far proves nothing");
    var gap = assertThrows(Gap.class, () -> other.end("8", new Lsn(51), COMMIT));
    assertTrue(gap.getMessage().contains("0/32") && gap.inLog(), gap.getMessage());
    Transactions alike = new Transactions(1, new Lsn(10), new Lsn(50), Optional.of(COMMIT));
    alike.begin("7");
    assertThrows(Gap.class, () -> alike.end("7", new Lsn(50), COMMIT.plusSeconds(1)));
  }

  private static Transactions fresh() {
    return new Transactions(3, new Lsn(10), Lsn.ZERO, Optional.empty());
  }

  private static Transactions opened() {
    Transactions transactions = fresh();
    transactions.begin("7");
    return transactions;
  }

  private record Transaction(String xid, List<Lsn> rows, Lsn end) {}

  /**
   * Interleaved transactions in commit order, delivered again and again from the end of any of
   * them.
   */
  @Test
  void positionsRiseInCommitOrderAndAreTheSameAtEveryDelivery() {
    for (long seed = 1; seed <= 500; seed++) {
      var random = new Random(seed);
      List<Transaction> log = log(random);
      Map<String, Position> seen = new HashMap<>();
      for (int delivery = 0; delivery < 4; delivery++) {
        int from = delivery == 0 ? 0 : random.nextInt(log.size());
        Lsn base = from == 0 ? new Lsn(1) : log.get(from - 1).end();
        int stop = delivery == 0 ? log.size() : from + random.nextInt(log.size() - from);
        deliver(log.subList(from, stop), base, seen, seed);
      }
    }
  }

  private static void deliver(
      List<Transaction> log, Lsn base, Map<String, Position> seen, long seed) {
    var transactions =
        new Transactions(1, base, log.isEmpty() ? Lsn.ZERO : log.get(0).end(), Optional.empty());
    Position last = new Position(1, Lsn.ZERO, Lsn.ZERO);
    for (Transaction transaction : log) {
      transactions.begin(transaction.xid());
      for (int i = 0; i < transaction.rows().size(); i++) {
        Position position = transactions.row(transaction.xid(), transaction.rows().get(i));
        assertTrue(position.compareTo(last) >= 0, "seed " + seed);
        last = position;
        Position before = seen.putIfAbsent(transaction.xid() + "/" + i, position);
        assertTrue(before == null || before.equals(position), "seed " + seed);
      }
      transactions.end(transaction.xid(), transaction.end(), COMMIT);
    }
  }

  /** Writers append rows and commits to one log in any order, as a server does. */
  private static List<Transaction> log(Random random) {
    var open = new HashMap<Integer, List<Lsn>>();
    var done = new ArrayList<Transaction>();
    long lsn = 2;
    int xid = 700;
    while (done.size() < 12) {
      int writer = random.nextInt(4);
      if (open.containsKey(writer) && random.nextInt(3) == 0) {
        done.add(new Transaction(Integer.toString(xid++), open.remove(writer), new Lsn(++lsn)));
      } else {
        List<Lsn> rows = open.computeIfAbsent(writer, w -> new ArrayList<>());
        lsn += random.nextInt(3) == 0 && !rows.isEmpty() ? 0 : 1;
        Lsn at = new Lsn(lsn);
        if (rows.isEmpty() || rows.get(rows.size() - 1).compareTo(at) <= 0) {
          rows.add(at);
        }
      }
    }
    return done;
  }
}
