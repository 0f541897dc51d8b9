package dev.crossfade.model;

import dev.crossfade.faults.Failpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/** Makes a history from a seed; the same seed makes the same history. For one thread, once. */
final class Generator {
  /** Apply takes a transaction of more than 20,000 rows into the mirror in parts. */
  private static final int LARGE = 25_000;

  private static final int VERY_LARGE = 50_000;

  private static final int CONNECTIONS = 5;

  private static final List<Step.Fault.Kind> OFTEN =
      List.of(
          Step.Fault.Kind.RESTART,
          Step.Fault.Kind.CRASH,
          Step.Fault.Kind.JOIN,
          Step.Fault.Kind.LEAVE,
          Step.Fault.Kind.WALSENDER,
          Step.Fault.Kind.STORE_CONNECTIONS,
          Step.Fault.Kind.CONTROL_CONNECTIONS,
          Step.Fault.Kind.USURP,
          Step.Fault.Kind.REPLAY);

  /** They take long. */
  private static final List<Step.Fault.Kind> SELDOM =
      List.of(
          Step.Fault.Kind.STORES_KILLED,
          Step.Fault.Kind.BROKER_KILLED,
          Step.Fault.Kind.LEGACY_KILLED);

  /** With few records a poll a transaction comes in parts, with many it meets others in a batch. */
  private static final List<Integer> POLLS = List.of(5_000, 3, 40);

  /** A transaction that is open, the groups that it holds, and how many operations it still has. */
  private static final class Open {
    final int tx;
    final Map<Ground, List<Integer>> held = new LinkedHashMap<>();
    int operations;
    int weight = 10;

    Open(int tx) {
      this.tx = tx;
    }
  }

  private final long seed;
  private final Random random;
  private final boolean parks;
  private final List<Ground> grounds;
  private final List<Step> steps = new ArrayList<>();
  private final List<Open> open = new ArrayList<>();
  private final Map<Ground, Set<Integer>> free = new LinkedHashMap<>();
  private int transactions;
  private int faults;

  private Generator(long seed) {
    this.seed = seed;
    this.random = new Random(seed * 7_919);
    this.parks = seed % 4 == 2;
    this.grounds = List.of(new RentalGround(parks), new OrderGround(), new AuthGround());
    for (Ground ground : grounds) {
      var groups = new TreeSet<Integer>();
      for (int g = 0; g < ground.groups(); g++) {
        groups.add(g);
      }
      free.put(ground, groups);
    }
  }

  static History make(long seed, int length) {
    return new Generator(seed).history(length);
  }

  private History history(int length) {
    int largeAt = seed % 5 == 3 ? length / 3 : -1;
    int loadAt = seed % 4 == 1 ? length / 4 + random.nextInt(length / 2) : -1;
    int nextFault = 5 + random.nextInt(8);
    while (transactions < length) {
      int at = transactions;
      if (at == largeAt) {
        large();
        largeAt = -1;
      } else if (at == loadAt) {
        load();
        loadAt = -1;
      } else if (open.isEmpty() || open.size() < CONNECTIONS && random.nextInt(100) < 35) {
        if (random.nextInt(100) < 4) {
          whole();
        } else {
          begin();
        }
      } else {
        advance(pick());
      }
      if (transactions >= nextFault) {
        fault();
        nextFault += 4 + random.nextInt(14);
      }
    }
    while (!open.isEmpty()) {
      advance(open.get(0));
    }
    if (parks) {
      Script script = script(new Open(++transactions));
      steps.add(new Step.Begin(script.tx()));
      script.sql("update contracts set state = 'o' where state not in ('d', 'o', 'c')");
      script.sql("select entry_rental()");
      steps.add(new Step.End(script.tx(), true));
    }
    return new History(seed, parks, false, POLLS.get((int) (seed % POLLS.size())), steps);
  }

  private Script script(Open of) {
    return new Script(of.tx, random, steps::add);
  }

  private void begin() {
    var fresh = new Open(transactions + 1);
    for (int i = 0, n = random.nextInt(100) < 15 ? 2 : 1; i < n; i++) {
      Ground ground = grounds.get(random.nextInt(grounds.size()));
      var groups = new ArrayList<>(free.get(ground));
      if (groups.isEmpty() || fresh.held.containsKey(ground)) {
        continue;
      }
      var held = new ArrayList<Integer>();
      for (int j = 0, m = 1 + random.nextInt(2); j < m && !groups.isEmpty(); j++) {
        held.add(groups.remove(random.nextInt(groups.size())));
      }
      free.get(ground).removeAll(held);
      fresh.held.put(ground, held);
    }
    if (fresh.held.isEmpty()) {
      if (!open.isEmpty()) {
        advance(open.get(0));
      }
      return;
    }
    transactions++;
    fresh.operations = 1 + random.nextInt(5);
    if (random.nextInt(100) < 6) {
      fresh.operations = 10; // open over many short ones
      fresh.weight = 1;
    }
    open.add(fresh);
    steps.add(new Step.Begin(fresh.tx));
  }

  private Open pick() {
    int all = open.stream().mapToInt(o -> o.weight).sum();
    int at = random.nextInt(all);
    for (Open o : open) {
      at -= o.weight;
      if (at < 0) {
        return o;
      }
    }
    throw new IllegalStateException("weights");
  }

  /** One more operation of a transaction, or its end. */
  private void advance(Open of) {
    Script script = script(of);
    if (of.operations-- > 0) {
      boolean undone = script.chance(8);
      boolean savepoint = undone || script.chance(8);
      if (savepoint) {
        script.sql("savepoint s");
      }
      operation(script, of);
      if (undone) {
        script.sql("rollback to savepoint s");
      } else if (savepoint) {
        operation(script, of);
        script.sql("release savepoint s");
      }
      return;
    }
    end(of, random.nextInt(100) >= 10);
  }

  private void operation(Script script, Open of) {
    var held = new ArrayList<>(of.held.keySet());
    Ground ground = script.one(held);
    ground.operation(script, of.held.get(ground));
  }

  private void end(Open of, boolean commit) {
    Script script = script(of);
    of.held.forEach(
        (ground, groups) -> {
          if (commit) {
            script.sql("select entry_%s()", ground.domain());
          }
          free.get(ground).addAll(groups);
        });
    steps.add(new Step.End(of.tx, commit));
    open.remove(of);
    if (random.nextInt(100) < 15) {
      Ground ground = of.held.keySet().iterator().next();
      steps.add(new Step.Await(ground.domain(), random.nextInt(4)));
    }
  }

  /** Ends the transactions that hold groups of a domain, and takes all of them. */
  private Open takeWhole(Ground ground) {
    for (Open other : List.copyOf(open)) {
      if (other.held.containsKey(ground)) {
        end(other, true);
      }
    }
    var fresh = new Open(++transactions);
    fresh.held.put(ground, List.copyOf(free.get(ground)));
    fresh.operations = Integer.MAX_VALUE; // only who took it ends it
    free.get(ground).clear();
    open.add(fresh);
    steps.add(new Step.Begin(fresh.tx));
    return fresh;
  }

  private void whole() {
    Ground ground = grounds.get(random.nextInt(grounds.size()));
    Open fresh = takeWhole(ground);
    ground.whole(script(fresh));
    end(fresh, random.nextInt(100) >= 20);
  }

  /**
   * A transaction of many rows, others meanwhile, a fault while it is applied; then its undoing.
   */
  private void large() {
    Ground ground = grounds.get((int) (seed / 5 % grounds.size()));
    Open fresh = takeWhole(ground);
    ground.large(script(fresh), seed % 10 == 3 ? VERY_LARGE : LARGE);
    ground.operation(script(fresh), fresh.held.get(ground));
    for (int i = 0; i < 10; i++) {
      if (open.size() < 3) {
        begin();
      }
      Open other = pick();
      if (other != fresh) {
        advance(other);
      }
    }
    end(fresh, true);
    fault();
    begin();
    Open undoing = takeWhole(ground);
    ground.large(script(undoing), 0);
    ground.operation(script(undoing), undoing.held.get(ground));
    end(undoing, true);
  }

  /** A new load, of which the end is hit. */
  private void load() {
    steps.add(new Step.Arm(++faults, atLoadEnd()));
    steps.add(new Step.Fault(++faults, Step.Fault.Kind.LOAD, grounds.get(0).domain()));
  }

  private void fault() {
    Ground ground = grounds.get(random.nextInt(grounds.size()));
    if (random.nextBoolean()) {
      steps.add(new Step.Await(ground.domain(), random.nextInt(12)));
    }
    int dice = random.nextInt(100);
    if (dice < 55) {
      steps.add(new Step.Arm(++faults, failpoint()));
      return;
    }
    Step.Fault.Kind kind = OFTEN.get(random.nextInt(OFTEN.size()));
    if (random.nextInt(100) < 6) {
      kind = SELDOM.get(random.nextInt(SELDOM.size()));
      if (kind == Step.Fault.Kind.LEGACY_KILLED && !open.isEmpty()) {
        kind = Step.Fault.Kind.STORES_KILLED;
      }
    }
    steps.add(new Step.Fault(++faults, kind, ground.domain()));
  }

  private Failpoint.Fault failpoint() {
    Failpoint[] points = Failpoint.values();
    Failpoint point = points[random.nextInt(points.length)];
    if (point == Failpoint.LOAD_END) {
      point = Failpoint.COMMIT;
    }
    int most =
        switch (point) {
          case SEND, ACKNOWLEDGEMENT, DERIVE -> 30;
          case MIRROR, PROGRESS, COMMIT -> 8;
          case GAP_GUARD_WRITE, RELEASE, KAFKA_COMMIT, LOAD_END -> 2;
        };
    return new Failpoint.Fault(point, when(), action(), 1 + random.nextInt(most));
  }

  private Failpoint.Fault atLoadEnd() {
    return new Failpoint.Fault(Failpoint.LOAD_END, when(), action(), 1 + random.nextInt(4));
  }

  private Failpoint.When when() {
    return random.nextBoolean() ? Failpoint.When.BEFORE : Failpoint.When.AFTER;
  }

  private Failpoint.Action action() {
    return random.nextBoolean() ? Failpoint.Action.FAIL : Failpoint.Action.CRASH;
  }
}
