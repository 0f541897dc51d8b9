package dev.crossfade.lab.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.lab.LabException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a benchmark has to tell, for a person and for a program.
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
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of the latency's histogram, in milliseconds: each a fifth above the one before, about. */
  static final double[] BOUNDS = {
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 26, 32, 38, 46, 56, 68, 82, 100, 120, 150, 180, 220,
    260, 320, 380, 460, 560, 680, 820, 1_000, 2_000, 5_000, 10_000
  };

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

  String table() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%n%s, commit %s; %s cores (%s), %,d MB; %s; PostgreSQL %s, Kafka %s%n",
            machine.get("crossfade"),
            String.valueOf(machine.get("commit")),
            machine.get("cores"),
            machine.get("cpu"),
            machine.get("memory_mb"),
            machine.get("jdk"),
            machine.get("postgresql"),
            machine.get("kafka")));
    if (!drains.isEmpty()) {
      measured(text, "Backlog drain", "changes/s", "change", drains);
    }
    if (!windows.isEmpty()) {
      steady(text);
    }
    if (!loads.isEmpty()) {
      measured(text, "First load", "rows/s", "row", loads);
    }
    return text.toString();
  }

  private static void measured(
      StringBuilder text, String title, String unit, String one, List<Measured> runs) {
    text.append(
        String.format(
            Locale.ROOT,
            "%n%s (median of the runs by rate)%n  %-28s %10s %10s %7s %12s %8s %8s %7s %7s%n",
            title,
            "",
            unit,
            "flowing/s",
            "s",
            "range",
            "peak MB",
            "foreign",
            "us CPU",
            "flowing, a " + one + ", by process"));
    grouped(runs)
        .forEach(
            (name, group) -> {
              Measured m = Measured.median(group);
              double least = group.stream().mapToDouble(Measured::rate).min().orElse(0);
              double most = group.stream().mapToDouble(Measured::rate).max().orElse(0);
              text.append(
                  String.format(
                      Locale.ROOT,
                      "  %-28s %,10.0f %,10.0f %7.1f %12s %,8d %7.0f%% %7.1f %7.1f: %s%s%n",
                      name,
                      m.rate(),
                      m.flowingRate(),
                      m.seconds(),
                      String.format(Locale.ROOT, "%,.0f-%,.0f", least, most),
                      m.peak() >> 20,
                      100.0 * m.cpu().foreign() / Math.max(1, m.cpu().busy()),
                      m.micros(),
                      m.flowingMicros(),
                      costs(m.flowingCpu(), m.amount()),
                      group.stream().allMatch(Measured::right) ? "" : "  STATE WRONG"));
            });
  }

  private void steady(StringBuilder text) {
    text.append(
        String.format(
            Locale.ROOT,
            "%nSteady traffic, latency commit to commit in ms (median of the runs by p50)%n"
                + "  %-28s %8s %8s %8s %8s %8s %8s %8s %8s %8s  us CPU a change, by process%n",
            "",
            "placed/s",
            "p50",
            "p95",
            "p99",
            "max",
            "heap MB",
            "RSS MB",
            "foreign",
            "us CPU"));
    groupedWindows()
        .forEach(
            (name, group) -> {
              Steady.Window w = median(group);
              text.append(
                  String.format(
                      Locale.ROOT,
                      "  %-28s %8.0f %8.1f %8.1f %8.1f %8.1f %8s %8d %7.0f%% %8.1f  %s%s%n",
                      name,
                      w.rate(),
                      w.latencies().quantile(0.5),
                      w.latencies().quantile(0.95),
                      w.latencies().quantile(0.99),
                      w.latencies().max(),
                      w.heap() < 0 ? "-" : w.heap() >> 20,
                      w.resident() >> 20,
                      100.0 * w.cpu().foreign() / Math.max(1, w.cpu().busy()),
                      w.micros(),
                      costs(w.cpu(), w.changes()),
                      group.stream().allMatch(Steady.Window::right) ? "" : "  STATE WRONG"));
            });
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
              double[] rates = group.stream().mapToDouble(Measured::rate).sorted().toArray();
              double median = Measured.median(group).rate();
              bars.add(new Svg.Bar(name, median, rates[0], rates[rates.length - 1]));
            });
    return bars;
  }

  private Map<String, List<Steady.Window>> groupedWindows() {
    return windows.stream()
        .collect(
            Collectors.groupingBy(
                w -> w.pipeline() + ", " + w.wanted() + " orders/s",
                LinkedHashMap::new,
                Collectors.toList()));
  }

  private static Steady.Window median(List<Steady.Window> group) {
    return group.stream()
        .sorted(Comparator.comparingDouble(w -> w.latencies().quantile(0.5)))
        .toList()
        .get((group.size() - 1) / 2);
  }

  private static String costs(Cpu cpu, long amount) {
    return new TreeMap<>(cpu.parts())
        .entrySet().stream()
            .filter(e -> !e.getKey().equals(Cpu.SELF))
            .map(e -> String.format(Locale.ROOT, "%s %.1f", e.getKey(), micros(e, amount)))
            .collect(Collectors.joining(", "));
  }

  private static double micros(Map.Entry<String, Long> part, long amount) {
    return part.getValue() / (double) Math.max(1, amount);
  }

  private static Map<String, List<Measured>> grouped(List<Measured> runs) {
    return runs.stream()
        .collect(
            Collectors.groupingBy(
                m -> m.pipeline() + ", " + m.what(), LinkedHashMap::new, Collectors.toList()));
  }

  String json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("machine", machine);
    Map<String, Object> planned = new LinkedHashMap<>();
    planned.put("changes", plan.changes());
    planned.put("seconds", plan.seconds());
    planned.put("rows", plan.loadRows());
    planned.put("runs", plan.runs());
    all.put("plan", planned);
    all.put("right", right());
    all.put("drain", summaries(drains));
    all.put("steady", windowSummaries());
    all.put("load", summaries(loads));
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n";
    } catch (JsonProcessingException e) {
      throw new LabException("the results are no JSON: " + e.getMessage(), e);
    }
  }

  private static List<Object> summaries(List<Measured> runs) {
    List<Object> all = new ArrayList<>();
    grouped(runs)
        .values()
        .forEach(
            group -> {
              Map<String, Object> summary = new LinkedHashMap<>();
              summary.put("pipeline", group.get(0).pipeline());
              summary.put("what", group.get(0).what());
              summary.put("median", one(Measured.median(group)));
              summary.put("runs", group.stream().map(Report::one).toList());
              all.add(summary);
            });
    return all;
  }

  private static Map<String, Object> one(Measured m) {
    Map<String, Object> run = new LinkedHashMap<>();
    run.put("amount", m.amount());
    run.put("seconds", round(m.seconds()));
    run.put("seconds_flowing", round(m.flowing()));
    run.put("per_second", round(m.rate()));
    run.put("per_second_flowing", round(m.flowingRate()));
    run.put("cpu_us_each", round(m.micros()));
    run.put("cpu_us_each_by_process", costsOf(m.cpu(), m.amount()));
    run.put("cpu_us_each_flowing", round(m.flowingMicros()));
    run.put("cpu_us_each_flowing_by_process", costsOf(m.flowingCpu(), m.amount()));
    run.put("busy_cpu_s", round(m.cpu().busy() / 1e6));
    run.put("foreign_cpu_s", round(m.cpu().foreign() / 1e6));
    run.put("peak_rss_mb", m.peak() >> 20);
    run.put("right", m.right());
    return run;
  }

  private List<Object> windowSummaries() {
    List<Object> all = new ArrayList<>();
    groupedWindows()
        .values()
        .forEach(
            group -> {
              Map<String, Object> summary = new LinkedHashMap<>();
              summary.put("pipeline", group.get(0).pipeline());
              summary.put("orders_per_second", group.get(0).wanted());
              summary.put("median", one(median(group)));
              summary.put("runs", group.stream().map(Report::one).toList());
              all.add(summary);
            });
    return all;
  }

  private static Map<String, Object> one(Steady.Window w) {
    Map<String, Object> run = new LinkedHashMap<>();
    run.put("seconds", round(w.seconds()));
    run.put("placed_per_second", round(w.rate()));
    run.put("orders_measured", w.orders());
    run.put("changes", w.changes());
    Map<String, Object> millis = new LinkedHashMap<>();
    millis.put("p50", round(w.latencies().quantile(0.5)));
    millis.put("p95", round(w.latencies().quantile(0.95)));
    millis.put("p99", round(w.latencies().quantile(0.99)));
    millis.put("max", round(w.latencies().max()));
    run.put("latency_ms", millis);
    Map<String, Object> histogram = new LinkedHashMap<>();
    histogram.put("bounds_ms", BOUNDS);
    histogram.put("counts", w.latencies().histogram(BOUNDS));
    run.put("histogram", histogram);
    run.put("cpu_us_each", round(w.micros()));
    run.put("cpu_us_each_by_process", costsOf(w.cpu(), w.changes()));
    run.put("busy_cpu_s", round(w.cpu().busy() / 1e6));
    run.put("foreign_cpu_s", round(w.cpu().foreign() / 1e6));
    run.put("heap_mb", w.heap() < 0 ? null : w.heap() >> 20);
    run.put("rss_mb", w.resident() >> 20);
    run.put("right", w.right());
    return run;
  }

  private static Map<String, Double> costsOf(Cpu cpu, long amount) {
    Map<String, Double> costs = new TreeMap<>();
    cpu.parts().entrySet().forEach(e -> costs.put(e.getKey(), round(micros(e, amount))));
    return costs;
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }
}
