package dev.crossfade.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a demo has to tell: while it runs, and of the comparison at its end.
 *
 * @param parked aggregates that are not derived
 */
record DemoReport(Map<String, Comparison.Found> found, long parked) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One line that says everything: rates are per second. */
  static String line(
      long second,
      Optional<ShopTraffic.Counts> placed,
      StatusMeter meter,
      double captured,
      double applied) {
    long orders = placed.map(ShopTraffic.Counts::orders).orElse(0L);
    String trouble =
        placed.filter(c -> c.failures() > 0).map(c -> "  shop errors " + c.failures()).orElse("");
    return String.format(
        Locale.ROOT,
        "%4d s  orders %,d  captured %,.0f/s  applied %,.0f/s  lag p50 %s p99 %s  parked %d%s",
        second,
        orders,
        captured,
        applied,
        millis(meter.p50()),
        millis(meter.p99()),
        meter.parked(),
        trouble);
  }

  private static String millis(OptionalDouble value) {
    return value.isPresent()
        ? String.format(Locale.ROOT, "%.0f ms", value.getAsDouble())
        : "unknown";
  }

  boolean consistent() {
    return parked == 0 && found.values().stream().allMatch(f -> f.mismatches() == 0);
  }

  String forPeople() {
    StringBuilder text = new StringBuilder();
    found.forEach(
        (domain, f) -> {
          text.append(
              String.format(
                  Locale.ROOT,
                  "  %-10s %,9d rows, %2d columns compared, %,d mismatches%n",
                  domain,
                  f.rows(),
                  f.columns(),
                  f.mismatches()));
          f.named().forEach(name -> text.append("             ").append(name).append('\n'));
        });
    return text.toString();
  }

  String json(
      Optional<ShopTraffic.Counts> placed,
      StatusMeter meter,
      OptionalDouble p50,
      OptionalDouble p99) {
    Map<String, Object> compared = new LinkedHashMap<>();
    Map<String, Object> mismatches = new LinkedHashMap<>();
    found.forEach(
        (domain, f) -> {
          Map<String, Object> size = new LinkedHashMap<>();
          size.put("rows", f.rows());
          size.put("columns", f.columns());
          compared.put(domain, size);
          mismatches.put(domain, f.mismatches());
        });
    Map<String, Object> lag = new LinkedHashMap<>();
    lag.put("p50", rounded(p50));
    lag.put("p99", rounded(p99));
    Map<String, Object> summary = new LinkedHashMap<>();
    summary.put("orders", placed.map(ShopTraffic.Counts::orders).orElse(0L));
    summary.put("items", placed.map(ShopTraffic.Counts::items).orElse(0L));
    summary.put("changes", meter.changes());
    summary.put("applied", meter.applied());
    summary.put("compared", compared);
    summary.put("mismatches", mismatches);
    summary.put("parked", parked);
    summary.put("lag_ms", lag);
    summary.put("consistent", consistent());
    try {
      return JSON.writeValueAsString(summary);
    } catch (JsonProcessingException e) {
      throw new LabException("the summary is no JSON: " + e.getMessage(), e);
    }
  }

  /** Null where the lag is unknown, as JSON has it. */
  private static Double rounded(OptionalDouble value) {
    return value.isPresent() ? Math.round(value.getAsDouble() * 10) / 10.0 : null;
  }
}
