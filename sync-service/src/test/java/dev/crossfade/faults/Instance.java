package dev.crossfade.faults;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.apply.ConsumerEdge;
import dev.crossfade.apply.DomainApply;
import dev.crossfade.capture.Capture;
import dev.crossfade.capture.CaptureStatus;
import dev.crossfade.config.Settings;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.domain.Domain;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.publish.ProducerEdge;
import dev.crossfade.setup.Pools;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.store.StoreSchema;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * One process of the flow, wired as {@link dev.crossfade.service.Service} wires it, with edges that
 * can fail. For one thread; the failpoints end it from any.
 */
public final class Instance implements AutoCloseable {
  private final Life life;
  private final Pools pools;
  private final PostgresSource source;
  private final Capture capture;
  private final Map<String, DomainApply> domains = new LinkedHashMap<>();
  private final String name;

  /**
   * @param polls how many records apply takes from Kafka at once
   */
  public Instance(Settings settings, String name, Failpoints failpoints, Edges edges, int polls) {
    this.name = name;
    this.life = new Life(failpoints);
    this.pools = new Pools(name);
    this.source = new PostgresSource(settings.source());
    var kafka = new KafkaEdge(life, edges);
    KafkaSettings clients = polling(settings.kafka(), polls);
    DataSource controlPool = pools.of(settings.control());
    new ControlDatabase(controlPool).migrate();
    capture =
        new LogEdge(life, edges)
            .capture(
                source,
                new ControlDatabase(StoreEdge.control(controlPool, life)),
                clients,
                settings.domains(),
                name,
                ProducerEdge.with(kafka.producers()));
    for (Domain domain : settings.domains()) {
      DataSource store = pools.of(settings.storeOf(domain));
      StoreSchema.migrate(store);
      domains.put(
          domain.name(),
          ConsumerEdge.with(
              kafka.consumers(),
              domain,
              domains.size(),
              source.name(),
              StoreEdge.store(store, life, edges),
              clients,
              name));
    }
    domains.values().forEach(DomainApply::start);
    capture.start();
  }

  private static KafkaSettings polling(KafkaSettings kafka, int polls) {
    var properties = new LinkedHashMap<>(kafka.properties());
    properties.put("max.poll.records", Integer.toString(polls));
    return new KafkaSettings(properties, kafka.retention(), kafka.replicationFactor());
  }

  /** Whether a failpoint has ended it. */
  public boolean gone() {
    return life.gone();
  }

  /** SIGKILL: its connections are cut where they are, and it does nothing more. */
  public void kill() {
    life.end();
  }

  public CaptureStatus capture() {
    return capture.status();
  }

  /** Which of its stages says that changes are missing. */
  public Optional<String> gap() {
    CaptureStatus captured = capture.status();
    if (captured.state() == CaptureStatus.State.GAP) {
      return Optional.of("capture: " + captured.detail());
    }
    return domains.values().stream()
        .map(DomainApply::status)
        .filter(status -> status.state() == ApplyStatus.State.GAP)
        .map(ApplyStatus::detail)
        .findFirst();
  }

  /** What it says of itself, for a person who looks for the reason of a failure. */
  @Override
  public String toString() {
    List<String> states = new ArrayList<>();
    CaptureStatus captured = capture.status();
    states.add("capture " + captured.state() + " " + captured.detail());
    domains.forEach(
        (domain, apply) -> {
          ApplyStatus status = apply.status();
          states.add(domain + " " + status.state() + " " + status.detail());
        });
    return name + (gone() ? " (gone) " : " ") + states;
  }

  @Override
  public void close() {
    capture.close();
    domains.values().forEach(DomainApply::close);
    source.close();
    pools.close();
  }
}
