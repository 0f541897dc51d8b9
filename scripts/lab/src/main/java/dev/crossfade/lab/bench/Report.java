package dev.crossfade.lab.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a benchmark has found, and as plots; {@link ReportTable} and {@link ReportJson} tell it.
 *
 * @param machine what the figures depend on
 * @param drains every run that counts; empty if they were not measured, as are the others
 * @param growth drains that differ in one thing
 */
record Report(
    Map<String, Object> machine,
    Plan plan,
    List<Measured> drains,
    List<Steady.Window> windows,
    List<Measured> loads,
    List<Starting.Start> starts,
    Optional<Yielding.Found> yielding,
    List<Growth.Point> growth) {
  private static final Ratios RATIOS = new Ratios("Crossfade", "Kafka Connect");

  Report(Map<String, Object> machine, Plan plan) {
    this(machine, plan, List.of(), List.of(), List.of(), List.of(), Optional.empty(), List.of());
  }

  Report drains(List<Measured> found) {
    return new Report(machine, plan, found, windows, loads, starts, yielding, growth);
  }

  Report windows(List<Steady.Window> found) {
    return new Report(machine, plan, drains, found, loads, starts, yielding, growth);
  }

  Report loads(List<Measured> found) {
    return new Report(machine, plan, drains, windows, found, starts, yielding, growth);
  }

  Report starts(List<Starting.Start> found) {
    return new Report(machine, plan, drains, windows, loads, found, yielding, growth);
  }

  Report yielding(Yielding.Found found) {
    return new Report(machine, plan, drains, windows, loads, starts, Optional.of(found), growth);
  }

  Report growth(List<Growth.Point> found) {
    return new Report(machine, plan, drains, windows, loads, starts, yielding, found);
  }

  /** Whether every store was what the legacy says. */
  boolean right() {
    return drains.stream().allMatch(Measured::right)
        && windows.stream().allMatch(Steady.Window::right)
        && loads.stream().allMatch(Measured::right)
        && yielding.stream().allMatch(Yielding.Found::right)
        && growth.stream().allMatch(point -> point.run().right());
  }

  /**
   * Crossfade over Kafka Connect, by figure, from the warm figures; empty if one of them was not
   * measured, or any store was wrong.
   */
  Map<String, Double> ratios() {
    return right() ? RATIOS.warm(drains, windows, loads) : Map.of();
  }

  /** The same from the start of the processes. */
  Map<String, Double> ratiosFromStart() {
    return right() ? RATIOS.fromStart(drains, loads) : Map.of();
  }

  String table() {
    return new ReportTable(this).text();
  }

  String json() {
    return new ReportJson(this).text();
  }

  /** The plots, by file name. */
  Map<String, String> plots() {
    Map<String, String> plots = new LinkedHashMap<>();
    if (!drains.isEmpty()) {
      plots.put("drain.svg", Svg.bars("Backlog drain, changes a second", "/s", bars(drains)));
    }
    if (!windows.isEmpty()) {
      Map<String, Latencies> medians = new LinkedHashMap<>();
      groupedWindows().forEach((name, group) -> medians.put(name, median(group).latencies()));
      plots.put("steady.svg", Svg.shares("Commit to commit, share of the orders", medians));
    }
    if (!loads.isEmpty()) {
      plots.put("load.svg", Svg.bars("First load, rows a second", "/s", bars(loads)));
    }
    yielding.ifPresent(
        found ->
            plots.put(
                "yield.svg",
                Svg.seconds(
                    "Commit to commit in ms by second, while all is loaded again",
                    found.seconds(),
                    found.began(),
                    found.began() + found.lasted())));
    for (Growth.By by : Growth.By.values()) {
      List<Svg.Bar> costs = new ArrayList<>();
      sideBySide(groupedGrowth(by))
          .forEach(group -> costs.add(cost(group.getKey(), group.getValue())));
      if (!costs.isEmpty()) {
        String name = by.name().toLowerCase(Locale.ROOT);
        plots.put("growth-" + name + ".svg", Svg.bars("CPU a change, by " + name, "us", costs));
      }
    }
    return plots;
  }

  private static Svg.Bar cost(String name, List<Measured> group) {
    double[] costs = group.stream().mapToDouble(m -> m.warmest().micros()).sorted().toArray();
    return new Svg.Bar(
        group.get(0).pipeline(),
        name,
        costs[(costs.length - 1) / 2],
        costs[0],
        costs[costs.length - 1]);
  }

  /** The drains of a pipeline of a size. */
  Map<String, List<Measured>> groupedGrowth(Growth.By by) {
    return growth.stream()
        .filter(point -> point.by() == by)
        .collect(
            Collectors.groupingBy(
                point -> point.run().pipeline() + ", " + point.size(),
                LinkedHashMap::new,
                Collectors.mapping(Growth.Point::run, Collectors.toList())));
  }

  private static List<Svg.Bar> bars(List<Measured> runs) {
    List<Svg.Bar> bars = new ArrayList<>();
    for (Map.Entry<String, List<Measured>> named : sideBySide(grouped(runs))) {
      List<Measured> group = named.getValue();
      double[] rates = group.stream().mapToDouble(m -> m.whole().rate()).sorted().toArray();
      bars.add(
          new Svg.Bar(
              group.get(0).pipeline(),
              named.getKey(),
              Measured.median(group).whole().rate(),
              rates[0],
              rates[rates.length - 1]));
    }
    return bars;
  }

  /** What pipelines did alike, one after another: the part of a name behind the pipeline's. */
  private static List<Map.Entry<String, List<Measured>>> sideBySide(
      Map<String, List<Measured>> groups) {
    Map<String, List<Map.Entry<String, List<Measured>>>> alike = new LinkedHashMap<>();
    for (Map.Entry<String, List<Measured>> group : groups.entrySet()) {
      String what = group.getKey().substring(group.getValue().get(0).pipeline().length());
      alike.computeIfAbsent(what, w -> new ArrayList<>()).add(group);
    }
    return alike.values().stream().flatMap(List::stream).toList();
  }

  /** The windows of a pipeline at a rate. */
  Map<String, List<Steady.Window>> groupedWindows() {
    return windows.stream()
        .collect(
            Collectors.groupingBy(
                w -> w.pipeline() + ", " + w.wanted() + " orders/s",
                LinkedHashMap::new,
                Collectors.toList()));
  }

  /** The window whose p50 is the median; the lower one of an even number. */
  static Steady.Window median(List<Steady.Window> group) {
    return group.stream()
        .sorted(Comparator.comparingDouble(w -> w.latencies().quantile(0.5)))
        .toList()
        .get((group.size() - 1) / 2);
  }

  /** The runs of a pipeline in a phase. */
  static Map<String, List<Measured>> grouped(List<Measured> runs) {
    return runs.stream()
        .collect(
            Collectors.groupingBy(
                m -> m.pipeline() + ", " + m.what(), LinkedHashMap::new, Collectors.toList()));
  }
}
