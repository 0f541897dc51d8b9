package dev.crossfade.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Everything that happens in one run, in the order in which one thread does it.
 *
 * @param parks whether contracts are made underivable for a while
 */
record History(long seed, boolean parks, List<Step> steps) {
  History {
    steps = List.copyOf(steps);
  }

  /** Numbers of the transactions, and below zero those of the faults. */
  Set<Integer> parts() {
    var parts = new TreeSet<Integer>();
    steps.forEach(step -> parts.add(part(step)));
    parts.remove(0);
    return parts;
  }

  /** The same history without the parts that are not named. */
  History only(Set<Integer> parts) {
    var kept = new ArrayList<Step>();
    for (Step step : steps) {
      int part = part(step);
      if (part == 0 || parts.contains(part)) {
        kept.add(step);
      }
    }
    return new History(seed, parks, kept);
  }

  private static int part(Step step) {
    if (step instanceof Step.Begin begin) {
      return begin.tx();
    } else if (step instanceof Step.Sql sql) {
      return sql.tx();
    } else if (step instanceof Step.Copy copy) {
      return copy.tx();
    } else if (step instanceof Step.End end) {
      return end.tx();
    } else if (step instanceof Step.Fault fault) {
      return -fault.number();
    }
    return 0;
  }

  /** As SQL that a person can read, and play with psql where it has one connection. */
  String text() {
    var text = new StringBuilder("-- seed ").append(seed).append('\n');
    steps.forEach(step -> text.append(step).append('\n'));
    return text.toString();
  }
}
