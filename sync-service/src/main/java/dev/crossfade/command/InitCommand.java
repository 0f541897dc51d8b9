package dev.crossfade.command;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.config.Settings;
import dev.crossfade.setup.StoreScript;
import dev.crossfade.source.postgresql.PostgresSource;
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
    name = "init",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Prints the SQL that administrators run once.",
    description = {
      "Roles with the least rights, the publication and every ALTER that the source needs. Changes nothing by itself. Example:",
      "",
      "  crossfade init --only source | psql -d the_legacy_database",
      ""
    })
final class InitCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      description = "Print one script: source, control or the name of a store.")
  private Optional<String> only = Optional.empty();

  private record Script(String url, String sql) {}

  @Override
  public Integer call() {
    var out = new Output(spec.commandLine(), options.json());
    Settings settings = options.settings();
    Map<String, Script> scripts = scripts(settings);
    if (only.isPresent()) {
      if (!scripts.containsKey(only.get())) {
        throw new CommandLine.ParameterException(
            spec.commandLine(),
            "--only is " + only.get() + ", expected one of " + String.join(", ", scripts.keySet()));
      }
      scripts.keySet().retainAll(List.of(only.get()));
    }
    var json = new LinkedHashMap<String, Object>();
    scripts.forEach(
        (name, script) -> {
          out.text("-- ---- " + name + ": run this as an administrator in " + script.url());
          out.text(script.sql().stripTrailing());
          out.text("");
          json.put(name, Map.of("url", script.url(), "sql", script.sql()));
        });
    out.json(json);
    out.hint("Next: run the scripts, then crossfade check --config " + options.config());
    return Exit.OK;
  }

  private static Map<String, Script> scripts(Settings settings) {
    var scripts = new LinkedHashMap<String, Script>();
    try (var source = new PostgresSource(settings.source())) {
      scripts.put(
          "source",
          new Script(settings.source().jdbcUrl(), source.setupScript(settings.capturedTables())));
    }
    scripts.put(
        "control", new Script(settings.control().url(), StoreScript.ofControl(settings.control())));
    for (DatabaseSettings store : settings.stores().values()) {
      var domains =
          settings.domains().stream().filter(d -> d.store().equals(store.name())).toList();
      scripts.put(store.name(), new Script(store.url(), StoreScript.of(store, domains)));
    }
    return scripts;
  }
}
