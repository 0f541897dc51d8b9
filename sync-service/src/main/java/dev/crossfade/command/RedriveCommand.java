package dev.crossfade.command;

import dev.crossfade.config.Settings;
import dev.crossfade.domain.Domain;
import dev.crossfade.setup.Intervention;
import dev.crossfade.setup.Pools;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "redrive",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Derives the parked aggregates of a domain again, now.",
    description = {
      "Asks the running process, or marks them in the store for whichever process applies the domain.",
      ""
    })
final class RedriveCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(names = "--domain", required = true, paramLabel = "NAME", description = "The domain.")
  private String domain;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Where the process listens (default: http.host and http.port of the configuration).")
  private Optional<String> url = Optional.empty();

  @Override
  public Integer call() throws InterruptedException {
    var out = new Output(spec.commandLine(), options.json());
    Settings settings = options.settings();
    Domain found =
        settings.domains().stream()
            .filter(d -> d.name().equals(domain))
            .findFirst()
            .orElseThrow(
                () ->
                    new CommandLine.ParameterException(
                        spec.commandLine(),
                        "--domain is "
                            + domain
                            + ", expected one of "
                            + String.join(
                                ", ", settings.domains().stream().map(Domain::name).toList())));
    if (RunningService.of(url, settings).redrive(domain)) {
      out.text("The running process derives what is parked in " + domain + " again.");
      out.json(Map.of("domain", domain, "by", "service"));
      return Exit.OK;
    }
    try (var pools = new Pools("redrive")) {
      int marked = Intervention.redrive(pools.of(settings.storeOf(found)), domain);
      out.text(marked + " parked aggregates of " + domain + " are due now.");
      out.json(Map.of("domain", domain, "by", "store", "aggregates", marked));
      return Exit.OK;
    } catch (SQLException e) {
      boolean away = Intervention.away(e);
      out.error(
          "The parked aggregates of "
              + domain
              + " could not be marked in "
              + settings.storeOf(found)
              + " ("
              + Intervention.sentence(e)
              + "); "
              + (away
                  ? "start the store."
                  : "see whether Crossfade ran there and its user has its rights."));
      return away ? Exit.UNREACHABLE : Exit.PROBLEMS;
    }
  }
}
