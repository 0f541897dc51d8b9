package dev.crossfade.http;

import dev.crossfade.service.Service;
import dev.crossfade.service.ServiceStatus;
import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.Map;
import org.reactivestreams.Publisher;

/** Whether the flow is alive: a stage that died shows here within 15 s, whatever it says itself. */
@Singleton
@Readiness
final class FlowHealth implements HealthIndicator {
  private final Service service;

  FlowHealth(Service service) {
    this.service = service;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    ServiceStatus status = service.status();
    return Publishers.just(
        HealthResult.builder("flow", status.ready() ? HealthStatus.UP : HealthStatus.DOWN)
            .details(Map.of("unready", status.unready()))
            .build());
  }
}
