package dev.crossfade.command;

import dev.crossfade.config.Settings;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.control.ControlException;
import dev.crossfade.publish.PublishException;
import dev.crossfade.setup.Intervention;
import dev.crossfade.setup.Intervention.Seen;
import dev.crossfade.setup.Leftover;
import dev.crossfade.setup.Pools;
import dev.crossfade.source.Problem;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
      var seen = Seen.NOTHING;
      for (var store : settings.stores().values()) {
        seen = seen.and(Intervention.seen(pools.of(store), List.of()));
      }
      control.migrate(); // it may be a new one, in the place of one that was lost
      if (seen.equals(Seen.NOTHING)
          && !Intervention.remembers(pools.of(settings.control()), source)) {
        Optional<Problem> leftover = Leftover.in(settings);
        if (leftover.isPresent()) {
          out.problems(List.of(leftover.get()));
          return Exit.PROBLEMS;
        }
      }
      control.requestLoad(source, seen.epoch(), seen.generation());
    } catch (SQLException e) {
      out.error(
          "The stores and the control database have to say what they have seen, and one of them"
              + " cannot ("
              + Intervention.sentence(e)
              + "); see that all of them run and ask again.");
      return Intervention.away(e) ? Exit.UNREACHABLE : Exit.PROBLEMS;
    } catch (PublishException e) {
      out.error(e.getMessage());
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
