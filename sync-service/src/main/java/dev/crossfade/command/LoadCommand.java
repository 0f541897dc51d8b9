package dev.crossfade.command;

import dev.crossfade.config.Settings;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.control.ControlException;
import dev.crossfade.setup.Intervention;
import dev.crossfade.setup.Pools;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "load",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Asks for a new load of the source: the way out of a gap.",
    description = {
      "Capture drops its slot, makes a new one and sends every captured row again; what the source no"
          + " longer has is deleted from the mirrors when the load is complete, and everything is"
          + " derived again. The stores stay usable meanwhile.",
      ""
    })
final class LoadCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(
      names = {"-y", "--yes"},
      required = true,
      description = "Say that it is meant: a load reads every captured table.")
  private boolean yes;

  @Override
  public Integer call() {
    var out = new Output(spec.commandLine(), options.json());
    Settings settings = options.settings();
    String source = settings.source().name();
    try (var pools = new Pools("load");
        var control = new ControlDatabase(pools.of(settings.control()))) {
      int epoch = 0;
      for (var store : settings.stores().values()) {
        epoch = Math.max(epoch, Intervention.epochSeen(pools.of(store)));
      }
      control.requestLoad(source, epoch);
    } catch (SQLException e) {
      out.error("a store could not be asked for its epoch: " + Intervention.sentence(e));
      return Exit.UNREACHABLE;
    } catch (ControlException e) {
      out.error(e.getMessage());
      return Exit.PROBLEMS;
    }
    out.text("The next check of capture begins a new load of " + source + ".");
    out.json(Map.of("source", source, "load", "wanted"));
    out.hint("Watch it with: crossfade status --config " + options.config());
    return Exit.OK;
  }
}
