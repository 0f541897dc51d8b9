package dev.crossfade.setup;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.config.Settings;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.TableShape;
import dev.crossfade.mapping.MappingCheck;
import dev.crossfade.publish.Topics;
import dev.crossfade.source.Problem;
import dev.crossfade.source.Source;
import dev.crossfade.source.SourceException;
import dev.crossfade.store.Failure;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * Everything that is looked at before the first event flows. Reads only. What lies behind something
 * that cannot be reached is left out, so that one dead server does not hide the other problems.
 */
public final class Checks {
  private final Settings settings;
  private final Source source;
  private final Pools pools;
  private final Set<Role> roles;
  private final List<Problem> problems = new ArrayList<>();
  private final List<Problem> away = new ArrayList<>();

  private Checks(Settings settings, Source source, Pools pools, Set<Role> roles) {
    this.settings = settings;
    this.source = source;
    this.pools = pools;
    this.roles = roles;
  }

  /** Checks what a process with these roles needs. */
  public static Findings run(Settings settings, Source source, Pools pools, Set<Role> roles) {
    var checks = new Checks(settings, source, pools, roles);
    checks.run();
    // Two domains may find the same fault of a table that both capture.
    return new Findings(
        List.copyOf(new LinkedHashSet<>(checks.problems)),
        List.copyOf(new LinkedHashSet<>(checks.away)));
  }

  private void run() {
    if (roles.contains(Role.CAPTURE)) {
      reached(Reach.database("control", settings.control()));
    }
    if (reached(Reach.kafka(settings.kafka(), settings.domains()))) {
      asked("kafka", () -> Topics.check(settings.kafka(), settings.domains()))
          .ifPresent(problems::addAll);
    }
    Reach reach = Reach.source(settings.source());
    boolean sourceReached = reach instanceof Reach.Reached;
    if (roles.contains(Role.CAPTURE)) {
      reached(reach);
      if (sourceReached) {
        asked("source", () -> source.preflight(settings.capturedTables()))
            .ifPresent(problems::addAll);
      }
    }
    if (roles.contains(Role.APPLY)) {
      var reachable = new LinkedHashSet<DatabaseSettings>();
      for (DatabaseSettings store : settings.stores().values()) {
        boolean used = settings.domains().stream().anyMatch(d -> d.store().equals(store.name()));
        if (used && reached(Reach.database("stores." + store.name(), store))) {
          reachable.add(store);
        }
      }
      // A process that only applies may be kept away from the source; then the shapes come with
      // the topic, and whatever does not fit them stops the domain there.
      if (sourceReached) {
        for (Domain domain : settings.domains()) {
          if (reachable.contains(settings.storeOf(domain))) {
            mapping(domain);
          }
        }
      }
    }
  }

  private void mapping(Domain domain) {
    Optional<List<TableShape>> shapes = asked("source", () -> source.shapes(domain.tables()));
    shapes
        .flatMap(
            found ->
                asked(
                    "stores." + domain.store(),
                    () ->
                        MappingCheck.run(
                            pools.of(settings.storeOf(domain)), domain, source.name(), found)))
        .ifPresent(problems::addAll);
  }

  private boolean reached(Reach reach) {
    if (reach instanceof Reach.Away found) {
      away.add(found.problem());
    } else if (reach instanceof Reach.Refused found) {
      problems.add(found.problem());
    }
    return reach instanceof Reach.Reached;
  }

  /** An answer, or nothing if asking failed; then that is a problem by itself. */
  private <T> Optional<T> asked(String where, Callable<T> question) {
    try {
      return Optional.of(question.call());
    } catch (SourceException e) {
      problems.addAll(e.problems());
    } catch (SQLException e) {
      var problem =
          new Problem(
              where,
              "could not be checked (" + Failure.sentence(e) + ")",
              "see whether it is well, and whether its user may do that");
      if (Failure.of(e) == Failure.RETRY) {
        away.add(problem);
      } else {
        problems.add(problem);
      }
    } catch (Exception e) {
      away.add(
          new Problem(
              where,
              "could not be checked (" + e.getMessage() + ")",
              "see whether it is well and check again"));
    }
    return Optional.empty();
  }
}
