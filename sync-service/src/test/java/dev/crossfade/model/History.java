package dev.crossfade.model;

import dev.crossfade.faults.Failpoint;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Everything that happens in one run, in the order in which one thread does it.
 *
 * @param parks whether contracts are made underivable for a while
 * @param gap whether changes are lost in it that nobody can bring back, so that a gap must be found
 * @param polls how many records apply takes from Kafka at once
 */
record History(long seed, boolean parks, boolean gap, int polls, List<Step> steps) {
  private static final Pattern HEAD =
      Pattern.compile("-- seed (\\d+), polls of (\\d+)(, parks)?(, gap)?");
  private static final Pattern WAIT =
      Pattern.compile("-- until (\\w+) is at most (\\d+) transactions behind");
  private static final Pattern ARM =
      Pattern.compile("-- fault (\\d+): ((?:FAIL|CRASH) \\w+ \\w+ at hit \\d+)");
  private static final Pattern FAULT = Pattern.compile("-- fault (\\d+): (\\w+) (\\w+)");
  private static final Pattern STEP = Pattern.compile("(?s)\\[(\\d+)\\] (.*);");

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
    return new History(seed, parks, gap, polls, kept);
  }

  /** Whether a new load comes in it. */
  boolean loads() {
    return steps.stream()
        .anyMatch(s -> s instanceof Step.Fault fault && fault.kind() == Step.Fault.Kind.LOAD);
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
    } else if (step instanceof Step.Arm arm) {
      return -arm.number();
    }
    return 0;
  }

  /** As SQL that a person can read, and that {@link #parse} can. */
  String text() {
    var text = new StringBuilder();
    text.append(
        "-- seed %d, polls of %d%s%s\n"
            .formatted(seed, polls, parks ? ", parks" : "", gap ? ", gap" : ""));
    steps.forEach(step -> text.append(step).append('\n'));
    return text.toString();
  }

  /** Reads a history; lines that begin with {@code --} and are no step are remarks. */
  static History parse(String text) {
    List<String> lines = text.lines().toList();
    Matcher head = HEAD.matcher(lines.get(0));
    if (!head.matches()) {
      throw new IllegalArgumentException("a history begins with \"-- seed N, polls of N\"");
    }
    var steps = new ArrayList<Step>();
    var open = new StringBuilder();
    for (int i = 1; i < lines.size(); i++) {
      String line = lines.get(i);
      if (open.isEmpty() && (line.isBlank() || line.startsWith("--"))) {
        remark(line, steps);
        continue;
      }
      open.append(open.isEmpty() ? "" : "\n").append(line);
      if (line.endsWith(";")) {
        Matcher step = STEP.matcher(open.toString());
        if (!step.matches()) {
          throw new IllegalArgumentException("line " + (i + 1) + " is no step: " + open);
        }
        open.setLength(0);
        int tx = Integer.parseInt(step.group(1));
        String sql = step.group(2);
        if (sql.startsWith("copy ") && sql.endsWith(" from stdin")) {
          int end = i + 1 + lines.subList(i + 1, lines.size()).indexOf("\\.");
          String into = sql.substring(5, sql.length() - " from stdin".length());
          steps.add(new Step.Copy(tx, into, List.copyOf(lines.subList(i + 1, end))));
          i = end;
        } else {
          steps.add(step(tx, sql));
        }
      }
    }
    return new History(
        Long.parseLong(head.group(1)),
        head.group(3) != null,
        head.group(4) != null,
        Integer.parseInt(head.group(2)),
        steps);
  }

  private static Step step(int tx, String sql) {
    return switch (sql) {
      case "begin" -> new Step.Begin(tx);
      case "commit" -> new Step.End(tx, true);
      case "rollback" -> new Step.End(tx, false);
      default -> new Step.Sql(tx, sql);
    };
  }

  private static void remark(String line, List<Step> steps) {
    Matcher arm = ARM.matcher(line);
    Matcher fault = FAULT.matcher(line);
    Matcher wait = WAIT.matcher(line);
    if (arm.matches()) {
      steps.add(new Step.Arm(Integer.parseInt(arm.group(1)), Failpoint.Fault.parse(arm.group(2))));
    } else if (fault.matches()
        && Arrays.stream(Step.Fault.Kind.values())
            .anyMatch(kind -> kind.name().equals(fault.group(2)))) {
      steps.add(
          new Step.Fault(
              Integer.parseInt(fault.group(1)),
              Step.Fault.Kind.valueOf(fault.group(2)),
              fault.group(3)));
    } else if (wait.matches()) {
      steps.add(new Step.Await(wait.group(1), Integer.parseInt(wait.group(2))));
    } else if (line.startsWith("-- fault") || line.startsWith("-- until")) {
      throw new IllegalArgumentException("not a step: " + line);
    }
  }
}
