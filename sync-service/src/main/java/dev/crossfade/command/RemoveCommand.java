package dev.crossfade.command;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.config.Settings;
import dev.crossfade.domain.Domain;
import dev.crossfade.setup.Intervention;
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
        "This drops the slot and the publication %s in %s, and the schemas crossfade and %s, the mirror, in %s."
            .formatted(
                slot,
                settings.source().jdbcUrl(),
                settings.source().name(),
                String.join(", ", databases(settings).keySet())));
    out.hint("The services' tables stay. Crossfade can only start again with a new load.");
    if (!yes && !agreed(out)) {
      out.error("Nothing was removed.");
      return Exit.PROBLEMS;
    }
    removeFromSource(settings, slot);
    try (var pools = new Pools("remove")) {
      databases(settings).forEach((name, database) -> drop(pools, settings, database));
    }
    done.forEach(line -> out.text("removed " + line));
    failed.forEach(out::error);
    var json = new LinkedHashMap<String, Object>();
    json.put("removed", done);
    json.put("failed", failed);
    out.json(json);
    out.hint(
        "Kafka's topics are kept; delete them before the next start: "
            + String.join(", ", settings.domains().stream().map(Domain::topic).toList())
            + ".");
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

  private static Map<String, DatabaseSettings> databases(Settings settings) {
    var databases = new LinkedHashMap<String, DatabaseSettings>();
    settings.stores().forEach(databases::put);
    databases.put("control", settings.control());
    return databases;
  }

  private void drop(Pools pools, Settings settings, DatabaseSettings database) {
    try {
      var mine = List.of("crossfade", settings.source().name());
      List<String> found = Intervention.schemas(pools.of(database), mine);
      Intervention.drop(pools.of(database), found);
      found.forEach(schema -> done.add("schema " + schema + " of " + database.name()));
    } catch (SQLException e) {
      failed.add(
          "The schemas of "
              + database
              + " could not be dropped ("
              + Intervention.sentence(e)
              + "); mend that and run remove again.");
    }
  }

  private static boolean agreed(Output out) throws IOException {
    out.error("Type yes to go on:");
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    return "yes".equals(input.readLine());
  }
}
