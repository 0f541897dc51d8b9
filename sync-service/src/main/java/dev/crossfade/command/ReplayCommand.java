package dev.crossfade.command;

import dev.crossfade.apply.Replay;
import dev.crossfade.config.Settings;
import dev.crossfade.domain.Domain;
import dev.crossfade.setup.Intervention;
import dev.crossfade.setup.Pools;
import java.sql.SQLException;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Lets a domain read its topic again from an offset on.",
    description = {
      "Nothing that the store has already is written again. For as long as the replay takes, new"
          + " changes wait behind it.",
      ""
    })
final class ReplayCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(names = "--domain", required = true, paramLabel = "NAME", description = "The domain.")
  private String domain;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "OFFSET",
      description = "A Kafka offset, or `beginning` for the first that the topic still has.")
  private String from;

  @Override
  public Integer call() {
    var out = new Output(spec.commandLine(), options.json());
    Settings settings = options.settings();
    Domain found =
        settings.domains().stream()
            .filter(d -> d.name().equals(domain))
            .findFirst()
            .orElseThrow(
                () -> wrong("--domain is " + domain + ", expected one of the configuration's"));
    if (!from.equals("beginning") && !from.matches("\\d{1,18}")) {
      throw wrong("--from is \"" + from + "\", expected an offset or `beginning`");
    }
    OptionalLong offset =
        from.equals("beginning") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(from));
    try (var pools = new Pools("replay")) {
      long start = Replay.from(offset, found, pools.of(settings.storeOf(found)), settings.kafka());
      out.text("Domain " + domain + " reads its topic again from offset " + start + ".");
      out.json(Map.of("domain", domain, "from", start));
      out.hint("Watch it with: crossfade status --config " + options.config());
      return Exit.OK;
    } catch (IllegalArgumentException e) {
      out.error(e.getMessage());
      return Exit.PROBLEMS;
    } catch (SQLException e) {
      out.error("the store could not be told: " + Intervention.sentence(e));
      return Intervention.away(e) ? Exit.UNREACHABLE : Exit.PROBLEMS;
    }
  }

  private CommandLine.ParameterException wrong(String sentence) {
    return new CommandLine.ParameterException(spec.commandLine(), sentence);
  }
}
