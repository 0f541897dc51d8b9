package dev.crossfade.service;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.capture.CaptureStatus;
import dev.crossfade.setup.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a process is doing at one moment.
 *
 * @param waitingFor what keeps the flow from starting; empty once it has started
 * @param capture empty if this process does not capture or has not started
 * @param domains the domains that this process applies, by name, in the configuration's order
 */
public record ServiceStatus(
    String instance,
    Set<Role> roles,
    String waitingFor,
    Optional<CaptureStatus> capture,
    Map<String, ApplyStatus> domains,
    Instant at) {

  /** A marker is written every second; ten missing ones mean that some stage is dead. */
  static final Duration SILENCE = Duration.ofSeconds(10);

  /** A gap is closed by nothing else, and never by itself. */
  private static final String WAY_OUT = "; the way out is: crossfade load --yes";

  public ServiceStatus {
    domains = Collections.unmodifiableMap(new LinkedHashMap<>(domains));
  }

  public boolean ready() {
    return unready().isEmpty();
  }

  /** Why this process is not ready, one sentence a stage. */
  public List<String> unready() {
    var reasons = new ArrayList<String>();
    if (!waitingFor.isEmpty()) {
      reasons.add("waiting: " + waitingFor);
    }
    capture.ifPresent(
        c -> {
          switch (c.state()) {
            case STANDBY -> {}
            case STREAMING ->
                silent("capture", "published", c.lastMarkerSeen()).ifPresent(reasons::add);
            case CHECKING, LOADING, RETRYING, STOPPED ->
                reasons.add(reason("capture", c.state(), c.detail()));
            case GAP -> reasons.add(reason("capture", c.state(), c.detail()) + WAY_OUT);
          }
        });
    domains.forEach(
        (name, status) -> {
          switch (status.state()) {
            case STANDBY -> {}
            case STOPPED, STARTING, LOADING ->
                reasons.add(reason(name, status.state(), status.detail()));
            case GAP -> reasons.add(reason(name, status.state(), status.detail()) + WAY_OUT);
            case FOLLOWING, RETRYING ->
                silent(name, "seen", status.lastMarkerThrough())
                    .map(text -> status.detail().isEmpty() ? text : text + ": " + status.detail())
                    .ifPresent(reasons::add);
          }
        });
    return reasons;
  }

  /** Whatever a stage says of itself, it is alive only if markers come through it. */
  private Optional<String> silent(String stage, String verb, Optional<Instant> marker) {
    if (marker.isEmpty()) {
      return Optional.of("%s has %s no marker yet".formatted(stage, verb));
    }
    Duration age = Duration.between(marker.get(), at);
    return age.compareTo(SILENCE) > 0
        ? Optional.of("%s has %s no marker for %d s".formatted(stage, verb, age.toSeconds()))
        : Optional.empty();
  }

  private static String reason(String stage, Enum<?> state, String detail) {
    return stage + " is " + state + (detail.isEmpty() ? "" : ": " + detail);
  }
}
