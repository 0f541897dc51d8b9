package dev.crossfade.http;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.capture.CaptureStatus;
import dev.crossfade.event.Position;
import dev.crossfade.service.ServiceStatus;
import dev.crossfade.source.postgresql.RetainedWal;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The JSON of {@code GET /api/status}. */
final class StatusJson {
  private static final String UNLIMITED = "none";

  private StatusJson() {}

  static Map<String, Object> of(ServiceStatus status, String url) {
    var json = new LinkedHashMap<String, Object>();
    json.put("instance", status.instance());
    json.put("http", url);
    json.put("roles", status.roles().stream().map(r -> r.name().toLowerCase()).sorted().toList());
    json.put("ready", status.ready());
    json.put("unready", status.unready());
    json.put("capture", status.capture().map(StatusJson::capture).orElse(null));
    var domains = new LinkedHashMap<String, Object>();
    status.domains().forEach((name, domain) -> domains.put(name, domain(domain, status.at())));
    json.put("domains", domains);
    return json;
  }

  private static Map<String, Object> capture(CaptureStatus capture) {
    var json = new LinkedHashMap<String, Object>();
    json.put("state", capture.state().name());
    json.put("detail", capture.detail());
    json.put("epoch", capture.epoch() == 0 ? null : capture.epoch());
    json.put("generation", capture.generation() == 0 ? null : capture.generation());
    json.put("events", capture.events());
    json.put("published", capture.published().map(Object::toString).orElse(null));
    json.put("last_marker", capture.lastMarkerPublished().map(Object::toString).orElse(null));
    json.put("capture_lag_seconds", seconds(capture.captureLag()));
    json.put("retained_wal_bytes", capture.retainedWal().map(RetainedWal::bytes).orElse(null));
    json.put("retained_wal_limit_bytes", limit(capture.retainedWal()));
    return json;
  }

  /** As a number, or "none" if the source keeps everything; null if it does not say. */
  private static Object limit(Optional<RetainedWal> retained) {
    return retained
        .<Object>map(wal -> wal.limit().isPresent() ? (Object) wal.limit().getAsLong() : UNLIMITED)
        .orElse(null);
  }

  private static Map<String, Object> domain(ApplyStatus domain, Instant now) {
    var json = new LinkedHashMap<String, Object>();
    json.put("state", domain.state().name());
    json.put("detail", domain.detail());
    json.put("applied_records", domain.appliedRecords());
    json.put("position", domain.position().map(StatusJson::position).orElse(null));
    json.put("consumer_lag", domain.consumerLag() < 0 ? null : domain.consumerLag());
    json.put("end_to_end_lag_seconds", seconds(domain.lag(now)));
    json.put("end_to_end_p50_seconds", seconds(domain.p50()));
    json.put("end_to_end_p99_seconds", seconds(domain.p99()));
    json.put("last_marker", domain.lastMarkerThrough().map(Object::toString).orElse(null));
    json.put("parked", domain.parked() < 0 ? null : domain.parked());
    json.put("dirty", domain.dirty() < 0 ? null : domain.dirty());
    return json;
  }

  private static Map<String, Object> position(Position position) {
    var json = new LinkedHashMap<String, Object>();
    json.put("epoch", position.epoch());
    json.put("base", position.base().toString());
    json.put("lsn", position.lsn().toString());
    return json;
  }

  private static Double seconds(Optional<Duration> duration) {
    return duration.map(d -> d.toNanos() / 1e9).orElse(null);
  }
}
