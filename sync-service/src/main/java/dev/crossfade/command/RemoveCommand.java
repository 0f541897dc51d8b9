package dev.crossfade.command;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.config.Settings;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.control.ControlException;
import dev.crossfade.domain.Domain;
import dev.crossfade.setup.Farewell;
import dev.crossfade.setup.Intervention;
import dev.crossfade.setup.Leftover;
import dev.crossfade.setup.Pools;
import dev.crossfade.source.SourceException;
import dev.crossfade.source.postgresql.PostgresSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "remove",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Takes Crossfade away from the source and the stores, after a question.",
    description = {
      "Drops the slot and the publication, Crossfade's schemas and the mirrors. The services' own tables stay as they are.",
      ""
    })
final class RemoveCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  private boolean yes;

  private final List<String> done = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException, IOException {
    var out = new Output(spec.commandLine(), options.json());
    Settings settings = options.settings();
    var service = RunningService.of(Optional.empty(), settings);
    if (service.status().isPresent()) {
      out.error("A process of Crossfade runs at " + service.url() + "; stop it first.");
      return Exit.PROBLEMS;
    }
    String slot = settings.source().slot();
    out.hint(
        "This drops the slot and the publication %s in %s, the schema crossfade in %s and control, and the mirror, the schema %s, in %s."
            .formatted(
                slot,
                settings.source().jdbcUrl(),
                String.join(", ", settings.stores().keySet()),
                settings.source().name(),
                String.join(", ", settings.stores().keySet())));
    out.hint("The services' tables stay. Crossfade can only start again with a new load.");
    if (!yes && !agreed(out)) {
      out.error("Nothing was removed.");
      return Exit.PROBLEMS;
    }
    removeFromSource(settings, slot);
    try (var pools = new Pools("remove")) {
      settings.stores().values().forEach(store -> dropFrom(pools, settings, store));
      dropControl(pools, settings);
    }
    done.forEach(line -> out.text("removed " + line));
    failed.forEach(out::error);
    var json = new LinkedHashMap<String, Object>();
    json.put("removed", done);
    json.put("failed", failed);
    Map<String, String> scripts = Farewell.of(settings);
    json.put("administrator", scripts);
    out.json(json);
    out.text("");
    out.text("-- The roles of Crossfade keep their rights until an administrator takes them away:");
    scripts.forEach(
        (name, sql) -> {
          out.text("-- ---- " + name);
          out.text(sql.stripTrailing());
        });
    out.hint("Kafka keeps the topics and consumer groups; Crossfade does not start again on them:");
    for (Domain domain : settings.domains()) {
      out.hint("  " + Leftover.deletionOfTopic(settings, domain));
      out.hint("  " + Leftover.deletionOfGroup(settings, domain));
    }
    return failed.isEmpty() ? Exit.OK : Exit.PROBLEMS;
  }

  /** The slot first: whatever happens to the rest, the source stops keeping log for it. */
  private void removeFromSource(Settings settings, String name) {
    try (var source = new PostgresSource(settings.source())) {
      source.dropSlot();
      done.add("slot " + name);
      try {
        source.remove();
        done.add("publication " + name);
      } catch (SourceException e) {
        failed.add(
            "The publication "
                + name
                + " is not "
                + settings.source().user()
                + "'s; an administrator of the source drops it: drop publication "
                + name
                + ";");
      }
    } catch (SourceException e) {
      failed.add(e.getMessage());
    }
  }

  private interface Drop {
    void run() throws SQLException;
  }

  private void dropFrom(Pools pools, Settings settings, DatabaseSettings store) {
    String mirror = settings.source().name();
    List<Domain> here =
        settings.domains().stream().filter(d -> d.store().equals(store.name())).toList();
    List<String> domains = here.stream().map(Domain::name).toList();
    List<String> tables =
        here.stream().flatMap(d -> d.tables().stream()).map(t -> t.name().toString()).toList();
    attempt(
        store,
        () -> {
          DataSource pool = pools.of(store);
          List<String> found = Intervention.schemas(pool, List.of("crossfade", mirror));
          var dropped = new ArrayList<>(found);
          List<String> strangers = Intervention.strangers(pool, mirror);
          if (!strangers.isEmpty()) {
            dropped.remove(mirror);
            failed.add(
                "The schema %s of %s stays, because it holds what is not Crossfade's (%s); move that and run remove again."
                    .formatted(mirror, store.name(), String.join(", ", strangers)));
          }
          List<String> others = others(pool, settings);
          if (!others.isEmpty()) {
            dropped.remove("crossfade");
            Intervention.forgetDomains(pool, domains, tables);
            done.add(
                "the domains %s from the schema crossfade of %s, which goes on to serve %s"
                    .formatted(
                        String.join(", ", domains), store.name(), String.join(", ", others)));
          }
          drop(pool, store, dropped);
        });
  }

  private void dropControl(Pools pools, Settings settings) {
    DatabaseSettings control = settings.control();
    String source = settings.source().name();
    attempt(
        control,
        () -> {
          DataSource pool = pools.of(control);
          List<String> others = others(pool, settings);
          if (others.isEmpty()) {
            drop(pool, control, Intervention.schemas(pool, List.of("crossfade")));
          } else {
            try (var database = new ControlDatabase(pool)) {
              database.forget(source);
            }
            done.add(
                "source %s from the schema crossfade of control, which goes on to serve %s"
                    .formatted(source, String.join(", ", others)));
          }
        });
  }

  /** Who else keeps something in the schema crossfade of a database. */
  private static List<String> others(DataSource pool, Settings settings) throws SQLException {
    var others = new ArrayList<String>();
    List<String> domains = settings.domains().stream().map(Domain::name).toList();
    Intervention.otherDomains(pool, domains).forEach(name -> others.add("domain " + name));
    Intervention.otherSources(pool, settings.source().name())
        .forEach(name -> others.add("source " + name));
    return others;
  }

  private void drop(DataSource pool, DatabaseSettings database, List<String> schemas)
      throws SQLException {
    Intervention.drop(pool, schemas);
    schemas.forEach(schema -> done.add("schema " + schema + " of " + database.name()));
  }

  private void attempt(DatabaseSettings database, Drop drop) {
    try {
      drop.run();
    } catch (SQLException e) {
      failed.add(
          "The schemas of "
              + database
              + " could not be dropped ("
              + Intervention.sentence(e)
              + "); mend that and run remove again.");
    } catch (ControlException e) {
      failed.add(e.getMessage() + ".");
    }
  }

  private static boolean agreed(Output out) throws IOException {
    out.error("Type yes to go on:");
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    return "yes".equals(input.readLine());
  }
}
