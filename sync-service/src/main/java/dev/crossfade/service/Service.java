package dev.crossfade.service;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.apply.DomainApply;
import dev.crossfade.capture.Capture;
import dev.crossfade.config.Settings;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.domain.Domain;
import dev.crossfade.setup.Checks;
import dev.crossfade.setup.Findings;
import dev.crossfade.setup.Pools;
import dev.crossfade.setup.Role;
import dev.crossfade.source.Problem;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.store.StoreSchema;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One running process. {@link #start} is called by one thread; {@link #status}, {@link #redrive}
 * and {@link #close} by any.
 */
public final class Service implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Service.class);
  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(2);

  private final Settings settings;
  private final Set<Role> roles;
  private final String instance;
  private final Pools pools;
  private final PostgresSource source;
  private final CountDownLatch closing = new CountDownLatch(1);

  /** Guarded by this: what has to be closed, the last one first. */
  private final Deque<Part> parts = new ArrayDeque<>();

  private volatile Running running = new Running(Optional.empty(), Map.of());
  private volatile String waitingFor = "the first check";

  private record Running(Optional<Capture> capture, Map<String, DomainApply> domains) {}

  private record Part(String name, AutoCloseable resource) {}

  public Service(Settings settings, Set<Role> roles, String instance) {
    this.settings = settings;
    this.roles = Set.copyOf(roles);
    this.instance = instance;
    this.pools = new Pools(instance);
    this.source = new PostgresSource(settings.source());
    opened("the pools", pools);
    opened("the source", source);
  }

  /** As below, with nothing between. */
  public List<Problem> start() throws InterruptedException {
    return start(() -> {});
  }

  /**
   * Waits until everything can be reached, checks it and starts the flow.
   *
   * @param listening called between the checks and the start of the flow; what it throws prevents
   *     the start
   * @return what is wrong; empty if the flow has started or the service was closed meanwhile
   */
  public List<Problem> start(Runnable listening) throws InterruptedException {
    while (closing.getCount() > 0) {
      Findings findings = Checks.run(settings, source, pools, roles);
      listening.run();
      if (!findings.problems().isEmpty()) {
        return findings.problems();
      }
      if (findings.away().isEmpty() && flowing()) {
        if (closing.getCount() == 0) {
          close(); // it was closed while it started
        }
        return List.of();
      }
      if (!findings.away().isEmpty()) {
        waits(findings.away().stream().map(Problem::sentence).collect(Collectors.joining(" ")));
      }
      closing.await(BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS);
    }
    return List.of();
  }

  /** Starts the flow; false if a database went away between the check and here. */
  private boolean flowing() {
    try {
      Optional<Capture> capture = Optional.empty();
      if (roles.contains(Role.CAPTURE)) {
        var control = new ControlDatabase(pools.of(settings.control()));
        control.migrate();
        opened("the control database", control);
        capture =
            Optional.of(
                new Capture(source, control, settings.kafka(), settings.domains(), instance));
        opened("capture", capture.get());
      }
      var domains = new LinkedHashMap<String, DomainApply>();
      if (roles.contains(Role.APPLY)) {
        settings.domains().stream()
            .map(settings::storeOf)
            .distinct()
            .forEach(store -> StoreSchema.migrate(pools.of(store)));
        for (Domain domain : settings.domains()) {
          var apply =
              new DomainApply(
                  domain,
                  domains.size(),
                  source.name(),
                  pools.of(settings.storeOf(domain)),
                  settings.twoConnections(domain),
                  settings.kafka(),
                  instance);
          opened("apply of " + domain.name(), apply);
          domains.put(domain.name(), apply);
        }
      }
      running = new Running(capture, Collections.unmodifiableMap(domains));
      waitingFor = "";
      domains.values().forEach(DomainApply::start);
      capture.ifPresent(Capture::start);
      LOG.info("{} runs {} for {} domains", instance, roles, settings.domains().size());
      return true;
    } catch (RuntimeException e) {
      waits("the start failed: " + e.getMessage());
      LOG.debug("start", e);
      closeDownTo("the source");
      running = new Running(Optional.empty(), Map.of());
      return false;
    }
  }

  private void waits(String sentence) {
    if (!sentence.equals(waitingFor)) {
      LOG.warn("waiting: {}", sentence);
    }
    waitingFor = sentence;
  }

  public ServiceStatus status() {
    Running now = running;
    var domains = new LinkedHashMap<String, ApplyStatus>();
    now.domains().forEach((name, apply) -> domains.put(name, apply.status()));
    return new ServiceStatus(
        instance,
        roles,
        waitingFor,
        now.capture().map(Capture::status),
        domains,
        Clock.systemUTC().instant());
  }

  public Settings settings() {
    return settings;
  }

  public Set<Role> roles() {
    return roles;
  }

  /** Derives what is parked in a domain again, now; false if this process does not apply it. */
  public boolean redrive(String domain) throws SQLException {
    DomainApply apply = running.domains().get(domain);
    if (apply == null) {
      return false;
    }
    apply.redrive();
    return true;
  }

  private synchronized void opened(String name, AutoCloseable resource) {
    parts.push(new Part(name, resource));
  }

  @Override
  public void close() {
    closing.countDown();
    if (closeDownTo("")) {
      LOG.info("{} has stopped", instance);
    }
  }

  /** Closes the last opened first, down to but without the named one; whether there was any. */
  private synchronized boolean closeDownTo(String last) {
    boolean closed = !parts.isEmpty();
    while (!parts.isEmpty() && !parts.peek().name().equals(last)) {
      Part part = parts.pop();
      try {
        part.resource().close();
      } catch (Exception e) {
        LOG.warn("closing {} failed: {}", part.name(), e.toString());
      }
    }
    return closed;
  }
}
