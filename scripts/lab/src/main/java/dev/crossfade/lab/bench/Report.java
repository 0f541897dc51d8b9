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
import java.util.stream.Collectors;

/**
 * What a benchmark has to tell, for a person and for a program.
 *
 * @param machine what the figures depend on
 * @param drains every run that counts
 */
record Report(Map<String, Object> machine, Plan plan, List<Measured> drains) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Whether every store was what the legacy says. */
  boolean right() {
    return drains.stream().allMatch(Measured::right);
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
    return text.toString();
  }

  private static void measured(
      StringBuilder text, String title, String unit, String one, List<Measured> runs) {
    text.append(
        String.format(
            Locale.ROOT,
            "%n%s (median of the runs by rate)%n  %-28s %10s %10s %7s %12s %8s %8s  %s%n",
            title,
            "",
            unit,
            "flowing/s",
            "s",
            "range",
            "peak MB",
            "foreign",
            "us CPU a " + one));
    grouped(runs)
        .forEach(
            (name, group) -> {
              Measured m = Measured.median(group);
              double least = group.stream().mapToDouble(Measured::rate).min().orElse(0);
              double most = group.stream().mapToDouble(Measured::rate).max().orElse(0);
              text.append(
                  String.format(
                      Locale.ROOT,
                      "  %-28s %,10.0f %,10.0f %7.1f %12s %,8d %7.0f%%  %.1f: %s%s%n",
                      name,
                      m.rate(),
                      m.flowingRate(),
                      m.seconds(),
                      String.format(Locale.ROOT, "%,.0f-%,.0f", least, most),
                      m.peak() >> 20,
                      100.0 * m.cpu().foreign() / Math.max(1, m.cpu().busy()),
                      m.micros(),
                      costs(m.cpu(), m.amount()),
                      group.stream().allMatch(Measured::right) ? "" : "  STATE WRONG"));
            });
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
    all.put("drain", drains.isEmpty() ? List.of() : summaries(drains));
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
    run.put("foreign_cpu_s", round(m.cpu().foreign() / 1e6));
    run.put("peak_rss_mb", m.peak() >> 20);
    run.put("right", m.right());
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
