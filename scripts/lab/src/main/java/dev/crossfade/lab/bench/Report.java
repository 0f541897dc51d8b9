package dev.crossfade.lab.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a benchmark has found, and as plots; {@link ReportTable} and {@link ReportJson} tell it.
 *
 * @param machine what the figures depend on
 * @param drains every run that counts; empty if they were not measured, as are the others
 */
record Report(
    Map<String, Object> machine,
    Plan plan,
    List<Measured> drains,
    List<Steady.Window> windows,
    List<Measured> loads) {
  private static final Ratios RATIOS = new Ratios("Crossfade", "Kafka Connect");

  Report(Map<String, Object> machine, Plan plan) {
    this(machine, plan, List.of(), List.of(), List.of());
  }

  Report drains(List<Measured> found) {
    return new Report(machine, plan, found, windows, loads);
  }

  Report windows(List<Steady.Window> found) {
    return new Report(machine, plan, drains, found, loads);
  }

  Report loads(List<Measured> found) {
    return new Report(machine, plan, drains, windows, found);
  }

  /** Whether every store was what the legacy says. */
  boolean right() {
    return drains.stream().allMatch(Measured::right)
        && windows.stream().allMatch(Steady.Window::right)
        && loads.stream().allMatch(Measured::right);
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
    return plots;
  }

  private static List<Svg.Bar> bars(List<Measured> runs) {
    List<Svg.Bar> bars = new ArrayList<>();
    grouped(runs)
        .forEach(
            (name, group) -> {
              double[] rates = group.stream().mapToDouble(m -> m.whole().rate()).sorted().toArray();
              double median = Measured.median(group).whole().rate();
              bars.add(new Svg.Bar(name, median, rates[0], rates[rates.length - 1]));
            });
    return bars;
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
