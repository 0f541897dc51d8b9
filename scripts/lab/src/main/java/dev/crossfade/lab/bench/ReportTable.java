package dev.crossfade.lab.bench;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** A report for a person: lines of text. */
record ReportTable(Report report) {

  String text() {
    Map<String, Object> machine = report.machine();
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
    if (!report.drains().isEmpty()) {
      measured(text, "Backlog drain", "changes/s", "change", report.drains());
    }
    if (!report.windows().isEmpty()) {
      steady(text);
    }
    if (!report.loads().isEmpty()) {
      measured(text, "First load", "rows/s", "row", report.loads());
    }
    starts(text);
    report.yielding().ifPresent(found -> yielding(text, found));
    for (Growth.By by : Growth.By.values()) {
      growth(text, by);
    }
    ratios(text);
    return text.toString();
  }

  private static void measured(
      StringBuilder text, String title, String unit, String one, List<Measured> runs) {
    text.append(
        String.format(
            Locale.ROOT,
            "%n%s (median of the runs by rate)%n  %-28s %10s %10s %10s %7s %15s %8s %8s %8s %7s %7s%n",
            title,
            "",
            unit,
            "flowing/s",
            "warm/s",
            "s",
            "range",
            "heap MB",
            "peak MB",
            "foreign",
            "us CPU",
            (runs.stream().anyMatch(r -> r.warm().isPresent()) ? "warm" : "flowing")
                + ", a "
                + one
                + ", by process"));
    Report.grouped(runs)
        .forEach(
            (name, group) -> {
              Measured m = Measured.median(group);
              double least = group.stream().mapToDouble(r -> r.whole().rate()).min().orElse(0);
              double most = group.stream().mapToDouble(r -> r.whole().rate()).max().orElse(0);
              text.append(
                  String.format(
                      Locale.ROOT,
                      "  %-28s %,10.0f %,10.0f %10s %7.1f %15s %8s %8s %7.0f%% %7.1f %7.1f: %s%s%n",
                      name,
                      m.whole().rate(),
                      m.flowing().rate(),
                      m.warm().map(w -> number(w.rate())).orElse("-"),
                      m.whole().seconds(),
                      number(least) + "-" + number(most),
                      heap(m.memory()),
                      megabytes(m.memory().peak()),
                      100.0 * m.whole().cpu().foreign() / Math.max(1, m.whole().cpu().busy()),
                      m.whole().micros(),
                      m.warmest().micros(),
                      costs(m.warmest().cpu(), m.warmest().amount()),
                      group.stream().allMatch(Measured::right) ? "" : "  STATE WRONG"));
            });
  }

  private static String heap(Memory memory) {
    return memory.heap().isPresent() ? megabytes(memory.heap().getAsLong()) : "-";
  }

  private static String megabytes(long bytes) {
    return bytes == 0 ? "-" : number(bytes >> 20);
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
    report
        .groupedWindows()
        .forEach(
            (name, group) -> {
              Steady.Window w = Report.median(group);
              text.append(
                  String.format(
                      Locale.ROOT,
                      "  %-28s %8.0f %8.1f %8.1f %8.1f %8.1f %8s %8s %7.0f%% %8.1f  %s%s%n",
                      name,
                      w.rate(),
                      w.latencies().quantile(0.5),
                      w.latencies().quantile(0.95),
                      w.latencies().quantile(0.99),
                      w.latencies().max(),
                      heap(w.memory()),
                      megabytes(w.memory().resident()),
                      100.0 * w.cpu().foreign() / Math.max(1, w.cpu().busy()),
                      w.micros(),
                      costs(w.cpu(), w.changes()),
                      group.stream().allMatch(Steady.Window::right) ? "" : "  STATE WRONG"));
            });
  }

  private void starts(StringBuilder text) {
    if (report.starts().isEmpty()) {
      return;
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%nStart until ready (each)%n  %-28s %s%n  %-28s %s%n",
            "seconds",
            all(report.starts(), Starting.Start::seconds),
            "seconds of CPU",
            all(report.starts(), Starting.Start::cpu)));
  }

  private static String all(List<Starting.Start> starts, ToDoubleFunction<Starting.Start> of) {
    return starts.stream()
        .map(start -> String.format(Locale.ROOT, "%.2f", of.applyAsDouble(start)))
        .collect(Collectors.joining("  "));
  }

  private static void yielding(StringBuilder text, Yielding.Found found) {
    text.append(
        String.format(
            Locale.ROOT,
            "%nA new load of %,d rows beside %d orders/s, %.1f s%s; latency commit to commit in ms, by when"
                + " an order was placed%n  %-28s %8s %8s %8s %8s %8s%n",
            found.rows(),
            Yielding.RATE,
            found.lasted(),
            found.right() ? "" : ", STATE WRONG",
            "",
            "orders",
            "p50",
            "p95",
            "p99",
            "max"));
    found
        .periods()
        .forEach(
            (period, latencies) ->
                text.append(
                    String.format(
                        Locale.ROOT,
                        "  %-28s %8d %8.1f %8.1f %8.1f %8.1f%n",
                        period,
                        latencies.count(),
                        latencies.quantile(0.5),
                        latencies.quantile(0.95),
                        latencies.quantile(0.99),
                        latencies.max())));
  }

  private void growth(StringBuilder text, Growth.By by) {
    Map<String, List<Measured>> groups = report.groupedGrowth(by);
    if (groups.isEmpty()) {
      return;
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%nGrowth by %s, drain end to end (median of the runs by rate)%n  %-40s %10s %10s %9s  us CPU"
                + " a change, by process%n",
            by.name().toLowerCase(Locale.ROOT),
            "",
            "warm/s",
            "us CPU",
            "to first"));
    Map<String, Double> first = new HashMap<>();
    groups.forEach(
        (name, group) -> {
          Measured m = Measured.median(group);
          double micros = m.warmest().micros();
          first.putIfAbsent(m.pipeline(), micros);
          text.append(
              String.format(
                  Locale.ROOT,
                  "  %-40s %,10.0f %10.1f %9.2f  %s%s%n",
                  name,
                  m.warmest().rate(),
                  micros,
                  micros / first.get(m.pipeline()),
                  costs(m.warmest().cpu(), m.warmest().amount()),
                  group.stream().allMatch(Measured::right) ? "" : "  STATE WRONG"));
        });
  }

  private void ratios(StringBuilder text) {
    if (report.ratios().isEmpty() && report.ratiosFromStart().isEmpty()) {
      return;
    }
    text.append(
        String.format(
            Locale.ROOT,
            "%nCrossfade over Kafka Connect (median of the ratios of pairs)%n  %-28s %10s %10s%n",
            "",
            "warm",
            "from start"));
    Set<String> names = new LinkedHashSet<>(report.ratios().keySet());
    names.addAll(report.ratiosFromStart().keySet());
    for (String name : names) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %-28s %10s %10s%n",
              name.replace('_', ' '),
              ratio(report.ratios(), name),
              ratio(report.ratiosFromStart(), name)));
    }
  }

  private static String ratio(Map<String, Double> ratios, String name) {
    return ratios.containsKey(name) ? String.format(Locale.ROOT, "%.2f", ratios.get(name)) : "-";
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
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
}
