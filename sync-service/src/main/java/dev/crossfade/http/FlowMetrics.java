package dev.crossfade.http;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.capture.CaptureStatus;
import dev.crossfade.domain.Domain;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import dev.crossfade.source.postgresql.RetainedWal;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The flow's numbers for Prometheus, read from the status when they are scraped. */
@Singleton
final class FlowMetrics implements MeterBinder {
  private final Service service;

  FlowMetrics(Service service) {
    this.service = service;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    Gauge.builder("crossfade.ready", service, s -> s.status().ready() ? 1 : 0)
        .description("1 if every stage of this process is alive")
        .register(registry);
    if (service.roles().contains(Role.CAPTURE)) {
      capture(registry);
    }
    if (service.roles().contains(Role.APPLY)) {
      for (Domain domain : service.settings().domains()) {
        domain(registry, domain.name());
      }
    }
  }

  private void capture(MeterRegistry registry) {
    for (CaptureStatus.State state : CaptureStatus.State.values()) {
      Gauge.builder("crossfade.capture.state", service, s -> inState(s, state))
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .description("1 for the state that capture is in")
          .register(registry);
    }
    captureGauge(
        registry,
        "lag.seconds",
        "commit at the source to acknowledged by Kafka",
        c -> seconds(c.captureLag()));
    captureGauge(
        registry,
        "retained.wal.bytes",
        "log that the source keeps for the slot",
        c -> c.retainedWal().map(wal -> (double) wal.bytes()).orElse(Double.NaN));
    captureGauge(
        registry,
        "retained.wal.limit.bytes",
        "log that the source keeps for the slot at most, NaN for no limit; beyond it is a gap",
        c -> c.retainedWal().map(FlowMetrics::limit).orElse(Double.NaN));
    captureGauge(
        registry,
        "epoch",
        "grows when the slot is made again",
        c -> c.epoch() == 0 ? Double.NaN : c.epoch());
    captureGauge(
        registry,
        "generation",
        "grows with every connection to the source",
        c -> c.generation() == 0 ? Double.NaN : c.generation());
    FunctionCounter.builder(
            "crossfade.captured.records",
            service,
            s -> s.status().capture().map(CaptureStatus::events).orElse(0L))
        .description("change events published since this process started")
        .register(registry);
  }

  private static double limit(RetainedWal retained) {
    return retained.limit().isPresent() ? retained.limit().getAsLong() : Double.NaN;
  }

  private static double inState(Service service, CaptureStatus.State state) {
    return service.status().capture().map(c -> c.state() == state ? 1.0 : 0.0).orElse(Double.NaN);
  }

  private void captureGauge(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<CaptureStatus> value) {
    Gauge.builder(
            "crossfade.capture." + name,
            service,
            s -> s.status().capture().map(value::applyAsDouble).orElse(Double.NaN))
        .description(description)
        .register(registry);
  }

  private void domain(MeterRegistry registry, String domain) {
    for (ApplyStatus.State state : ApplyStatus.State.values()) {
      Gauge.builder(
              "crossfade.apply.state",
              service,
              s -> of(s, domain).map(a -> a.state() == state ? 1.0 : 0.0).orElse(Double.NaN))
          .tag("domain", domain)
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .description("1 for the state that the domain is in")
          .register(registry);
    }
    gauge(
        registry,
        domain,
        "end.to.end.lag.seconds",
        "commit at the source to committed in the store, of the last marker; it grows while none comes",
        a -> seconds(a.lag(Instant.now())));
    gauge(
        registry,
        domain,
        "consumer.lag.records",
        "records in the topic that are not applied yet",
        a -> a.consumerLag() < 0 ? Double.NaN : a.consumerLag());
    gauge(
        registry,
        domain,
        "parked",
        "aggregates that could not be derived",
        a -> a.parked() < 0 ? Double.NaN : a.parked());
    gauge(
        registry,
        domain,
        "dirty",
        "aggregates that wait to be derived",
        a -> a.dirty() < 0 ? Double.NaN : a.dirty());
    quantile(registry, domain, "0.5", ApplyStatus::p50);
    quantile(registry, domain, "0.99", ApplyStatus::p99);
    FunctionCounter.builder(
            "crossfade.applied.records",
            service,
            s -> of(s, domain).map(ApplyStatus::appliedRecords).orElse(0L))
        .tag("domain", domain)
        .description("records applied since this process started")
        .register(registry);
  }

  private void gauge(
      MeterRegistry registry,
      String domain,
      String name,
      String description,
      ToDoubleFunction<ApplyStatus> value) {
    Gauge.builder(
            "crossfade." + name,
            service,
            s -> of(s, domain).map(value::applyAsDouble).orElse(Double.NaN))
        .tag("domain", domain)
        .description(description)
        .register(registry);
  }

  private interface Quantile {
    Optional<Duration> of(ApplyStatus status);
  }

  private void quantile(MeterRegistry registry, String domain, String quantile, Quantile value) {
    Gauge.builder(
            "crossfade.end.to.end.seconds",
            service,
            s -> of(s, domain).map(a -> seconds(value.of(a))).orElse(Double.NaN))
        .tag("domain", domain)
        .tag("quantile", quantile)
        .description("commit at the source to committed in the store, over recent transactions")
        .register(registry);
  }

  private static Optional<ApplyStatus> of(Service service, String domain) {
    return Optional.ofNullable(service.status().domains().get(domain));
  }

  private static double seconds(Optional<Duration> duration) {
    return duration.map(d -> d.toNanos() / 1e9).orElse(Double.NaN);
  }
}
