package dev.crossfade.setup;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.config.Settings;
import dev.crossfade.domain.CapturedTable;
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
    boolean control =
        roles.contains(Role.CAPTURE)
            && reached(Reach.database("control", settings.control()))
            && allowed(
                "control",
                () -> Rights.ofControl(settings.control(), pools.of(settings.control())));
    boolean kafka = reached(Reach.kafka(settings.kafka(), settings.domains()));
    if (kafka) {
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
        String key = "stores." + store.name();
        List<Domain> here =
            settings.domains().stream().filter(d -> d.store().equals(store.name())).toList();
        if (!here.isEmpty()
            && reached(Reach.database(key, store))
            && allowed(key, () -> Rights.ofStore(store, pools.of(store), source.name(), here))) {
          reachable.add(store);
        }
      }
      long stores = settings.domains().stream().map(Domain::store).distinct().count();
      if (control && kafka && reachable.size() == stores) {
        memory();
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
        .filter(found -> aggregatesAreThere(domain, found))
        .flatMap(
            found ->
                asked(
                    "stores." + domain.store(),
                    () ->
                        MappingCheck.run(
                            pools.of(settings.storeOf(domain)), domain, source.name(), found)))
        .ifPresent(problems::addAll);
  }

  /**
   * What was filled while nobody remembers by what: a start would number its generations and epochs
   * from the beginning, and stores and topics would take the new for old.
   */
  private void memory() {
    boolean remembered =
        asked("control", () -> Intervention.remembers(pools.of(settings.control()), source.name()))
            .orElse(true);
    if (remembered) {
      return;
    }
    int before = problems.size();
    for (DatabaseSettings store : settings.stores().values()) {
      List<String> domains =
          settings.domains().stream()
              .filter(d -> d.store().equals(store.name()))
              .map(Domain::name)
              .toList();
      if (!domains.isEmpty()) {
        asked("stores." + store.name(), () -> Intervention.seen(pools.of(store), domains))
            .filter(seen -> seen.generation() > 0)
            .ifPresent(seen -> problems.add(forgotten(store, seen)));
      }
    }
    if (problems.size() == before) {
      asked("kafka", () -> Leftover.in(settings)).flatMap(found -> found).ifPresent(problems::add);
    }
  }

  private Problem forgotten(DatabaseSettings store, Intervention.Seen seen) {
    return new Problem(
        "control",
        "knows nothing of source "
            + source.name()
            + ", but the store "
            + store.name()
            + " was filled from it (epoch "
            + seen.epoch()
            + "), so changes may be missing",
        "restore the control database, or ask for a new load with crossfade load --yes");
  }

  /** A mirror needs the column of the aggregate; without it the rest would only be confusing. */
  private boolean aggregatesAreThere(Domain domain, List<TableShape> shapes) {
    boolean there = true;
    for (TableShape shape : shapes) {
      if (domain.table(shape.name()).orElseThrow().role() instanceof CapturedTable.Aggregate own
          && shape.column(own.column()).isEmpty()) {
        there = false;
        if (!roles.contains(Role.CAPTURE)) { // or else the source's own check has said so
          problems.add(
              new Problem(
                  "table " + shape.name(),
                  "has no column " + own.column() + ", which aggregate: names",
                  "name one of "
                      + String.join(
                          ", ", shape.columns().stream().map(TableShape.Column::name).toList())));
        }
      }
    }
    return there;
  }

  /** Whether a role may do what it must; what it may not is a problem. */
  private boolean allowed(String where, Callable<List<Problem>> question) {
    Optional<List<Problem>> found = asked(where, question);
    found.ifPresent(problems::addAll);
    return found.map(List::isEmpty).orElse(false);
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
