package dev.crossfade.faults;

import dev.crossfade.faults.Failpoint.Action;
import dev.crossfade.faults.Failpoint.Fault;
import dev.crossfade.faults.Failpoint.When;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The faults that wait to happen, in all processes of a flow, and how often each point was reached.
 * A fault comes at a number of hits, not at a time. Safe for several threads.
 */
public final class Failpoints {
  private record Armed(Fault fault, int[] left) {}

  private final List<Armed> armed = new ArrayList<>();
  private final Map<String, Integer> reached = new TreeMap<>();
  private final Map<String, Integer> met = new TreeMap<>();

  public synchronized void arm(Fault fault) {
    armed.add(new Armed(fault, new int[] {fault.hit()}));
  }

  /** What happens at a point that is reached now. */
  synchronized Optional<Action> reach(Failpoint point, When when) {
    reached.merge(when + " " + point, 1, Integer::sum);
    for (Armed waiting : armed) {
      Fault fault = waiting.fault();
      if (fault.point() == point && fault.when() == when && --waiting.left()[0] == 0) {
        armed.remove(waiting);
        met.merge(fault.action() + " " + when + " " + point, 1, Integer::sum);
        return Optional.of(fault.action());
      }
    }
    return Optional.empty();
  }

  /** How often each point was reached. */
  public synchronized Map<String, Integer> reached() {
    return new TreeMap<>(reached);
  }

  /** How often each fault came. */
  public synchronized Map<String, Integer> met() {
    return new TreeMap<>(met);
  }
}
