package dev.crossfade.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Adds up what the service counts, over its restarts: a counter that went back belongs to a new
 * process and begins at 0. One thread only.
 */
final class StatusMeter {
  private final Map<String, Long> last = new HashMap<>();
  private long changes;
  private long applied;
  private long parked;
  private OptionalDouble p50 = OptionalDouble.empty();
  private OptionalDouble p99 = OptionalDouble.empty();

  /** One reading of GET /api/status. */
  void read(JsonNode status) {
    changes += growth("capture", status.path("capture").path("events").asLong());
    parked = 0;
    p50 = OptionalDouble.empty();
    p99 = OptionalDouble.empty();
    for (Map.Entry<String, JsonNode> domain : status.path("domains").properties()) {
      JsonNode d = domain.getValue();
      applied += growth(domain.getKey(), d.path("applied_records").asLong());
      parked += d.path("parked").asLong();
      p50 = larger(p50, d.path("end_to_end_p50_seconds"));
      p99 = larger(p99, d.path("end_to_end_p99_seconds"));
    }
  }

  /** Whether every domain follows and nothing waits to be derived. */
  static boolean follows(JsonNode status) {
    if (!status.path("ready").asBoolean()) {
      return false;
    }
    for (String domain : ShopFiles.DOMAINS) {
      JsonNode d = status.path("domains").path(domain);
      if (!d.path("state").asText().equals("FOLLOWING") || d.path("dirty").asLong(-1) != 0) {
        return false;
      }
    }
    return true;
  }

  private long growth(String counter, long now) {
    long before = last.getOrDefault(counter, 0L);
    last.put(counter, now);
    return now >= before ? now - before : now;
  }

  private static OptionalDouble larger(OptionalDouble one, JsonNode seconds) {
    if (!seconds.isNumber()) {
      return one;
    }
    double millis = seconds.asDouble() * 1_000;
    return OptionalDouble.of(one.isPresent() ? Math.max(one.getAsDouble(), millis) : millis);
  }

  long changes() {
    return changes;
  }

  long applied() {
    return applied;
  }

  long parked() {
    return parked;
  }

  /** End-to-end lag in milliseconds, of the domain where it is largest; empty if unknown. */
  OptionalDouble p50() {
    return p50;
  }

  OptionalDouble p99() {
    return p99;
  }
}
