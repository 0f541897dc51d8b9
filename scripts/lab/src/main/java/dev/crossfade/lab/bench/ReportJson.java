package dev.crossfade.lab.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.lab.LabException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A report for a program: results.json. */
record ReportJson(Report report) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of the latency's histogram, in milliseconds: each a fifth above the one before, about. */
  static final double[] BOUNDS = {
    1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 26, 32, 38, 46, 56, 68, 82, 100, 120, 150, 180, 220,
    260, 320, 380, 460, 560, 680, 820, 1_000, 2_000, 5_000, 10_000
  };

  String text() {
    Plan plan = report.plan();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("machine", report.machine());
    Map<String, Object> planned = new LinkedHashMap<>();
    planned.put("changes", plan.changes());
    planned.put("seconds", plan.seconds());
    planned.put("rows", plan.loadRows());
    planned.put("runs", plan.runs());
    all.put("plan", planned);
    all.put("right", report.right());
    all.put("drain", summaries(report.drains()));
    all.put("steady", windowSummaries());
    all.put("load", summaries(report.loads()));
    all.put("start", report.starts().stream().map(ReportJson::one).toList());
    report.yielding().ifPresent(found -> all.put("yield", one(found)));
    all.put("growth", growth());
    if (!report.ratios().isEmpty() || !report.ratiosFromStart().isEmpty()) {
      all.put("ratios", rounded(report.ratios()));
      all.put("ratios_from_start", rounded(report.ratiosFromStart()));
    }
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(all) + "\n";
    } catch (JsonProcessingException e) {
      throw new LabException("the results are no JSON: " + e.getMessage(), e);
    }
  }

  private static List<Object> summaries(List<Measured> runs) {
    List<Object> all = new ArrayList<>();
    Report.grouped(runs)
        .values()
        .forEach(
            group -> {
              Map<String, Object> summary = new LinkedHashMap<>();
              summary.put("pipeline", group.get(0).pipeline());
              summary.put("what", group.get(0).what());
              summary.put("median", one(Measured.median(group)));
              summary.put("runs", group.stream().map(ReportJson::one).toList());
              all.add(summary);
            });
    return all;
  }

  private static Map<String, Object> one(Measured m) {
    Map<String, Object> run = new LinkedHashMap<>();
    run.put("amount", m.whole().amount());
    put(run, "", m.whole());
    put(run, "_flowing", m.flowing());
    m.warm().ifPresent(w -> run.put("amount_warm", w.amount()));
    m.warm().ifPresent(w -> put(run, "_warm", w));
    run.put("busy_cpu_s", round(m.whole().cpu().busy() / 1e6));
    run.put("foreign_cpu_s", round(m.whole().cpu().foreign() / 1e6));
    run.put("heap_mb", heap(m.memory()));
    run.put("peak_rss_mb", m.memory().peak() >> 20);
    run.put("right", m.right());
    return run;
  }

  private static void put(Map<String, Object> run, String kind, Stretch stretch) {
    run.put("seconds" + kind, round(stretch.seconds()));
    run.put("per_second" + kind, round(stretch.rate()));
    run.put("cpu_us_each" + kind, round(stretch.micros()));
    run.put("cpu_us_each" + kind + "_by_process", costsOf(stretch.cpu(), stretch.amount()));
  }

  private static Map<String, Double> rounded(Map<String, Double> ratios) {
    Map<String, Double> rounded = new LinkedHashMap<>();
    ratios.forEach((name, ratio) -> rounded.put(name, Math.round(ratio * 1_000) / 1_000.0));
    return rounded;
  }

  private List<Object> windowSummaries() {
    List<Object> all = new ArrayList<>();
    report
        .groupedWindows()
        .values()
        .forEach(
            group -> {
              Map<String, Object> summary = new LinkedHashMap<>();
              summary.put("pipeline", group.get(0).pipeline());
              summary.put("orders_per_second", group.get(0).wanted());
              summary.put("median", one(Report.median(group)));
              summary.put("runs", group.stream().map(ReportJson::one).toList());
              all.add(summary);
            });
    return all;
  }

  private static Map<String, Object> one(Starting.Start start) {
    return Map.of("seconds", round(start.seconds()), "cpu_seconds", round(start.cpu()));
  }

  private static Map<String, Object> one(Yielding.Found found) {
    Map<String, Object> one = new LinkedHashMap<>();
    one.put("rows", found.rows());
    one.put("orders_per_second", Yielding.RATE);
    one.put("load_began_s", round(found.began()));
    one.put("load_lasted_s", round(found.lasted()));
    Map<String, Object> periods = new LinkedHashMap<>();
    found.periods().forEach((period, latencies) -> periods.put(period, millis(latencies)));
    one.put("latency_ms", periods);
    one.put("latency_ms_by_second", found.seconds().stream().map(ReportJson::millis).toList());
    one.put("right", found.right());
    return one;
  }

  private List<Object> growth() {
    List<Object> all = new ArrayList<>();
    for (Growth.Point point : report.growth()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("by", point.by().name().toLowerCase(Locale.ROOT));
      one.put("size", point.size());
      one.put("pipeline", point.run().pipeline());
      one.putAll(one(point.run()));
      all.add(one);
    }
    return all;
  }

  private static Map<String, Object> millis(Latencies latencies) {
    Map<String, Object> millis = new LinkedHashMap<>();
    if (latencies.count() > 0) {
      millis.put("p50", round(latencies.quantile(0.5)));
      millis.put("p95", round(latencies.quantile(0.95)));
      millis.put("p99", round(latencies.quantile(0.99)));
      millis.put("max", round(latencies.max()));
    }
    return millis;
  }

  private static Map<String, Object> one(Steady.Window w) {
    Map<String, Object> run = new LinkedHashMap<>();
    run.put("seconds", round(w.seconds()));
    run.put("placed_per_second", round(w.rate()));
    run.put("orders_measured", w.orders());
    run.put("changes", w.changes());
    run.put("latency_ms", millis(w.latencies()));
    Map<String, Object> histogram = new LinkedHashMap<>();
    histogram.put("bounds_ms", BOUNDS);
    histogram.put("counts", w.latencies().histogram(BOUNDS));
    run.put("histogram", histogram);
    run.put("cpu_us_each", round(w.micros()));
    run.put("cpu_us_each_by_process", costsOf(w.cpu(), w.changes()));
    run.put("busy_cpu_s", round(w.cpu().busy() / 1e6));
    run.put("foreign_cpu_s", round(w.cpu().foreign() / 1e6));
    run.put("heap_mb", heap(w.memory()));
    run.put("rss_mb", w.memory().resident() >> 20);
    run.put("right", w.right());
    return run;
  }

  private static Map<String, Double> costsOf(Cpu cpu, long amount) {
    Map<String, Double> costs = new TreeMap<>();
    cpu.parts()
        .entrySet()
        .forEach(e -> costs.put(e.getKey(), round(e.getValue() / (double) Math.max(1, amount))));
    return costs;
  }

  private static Long heap(Memory memory) {
    return memory.heap().isPresent() ? memory.heap().getAsLong() >> 20 : null;
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }
}
