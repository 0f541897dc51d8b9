package dev.crossfade.command;

import dev.crossfade.config.SettingsException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command line's entry. */
@Command(
    name = "crossfade",
    mixinStandardHelpOptions = true,
    version = "crossfade 0.1.0",
    description = {
      "Keeps the stores of new microservices true to a legacy database while a team moves over.",
      ""
    },
    footer = {
      "",
      "Begin with: crossfade init --config crossfade.yml",
      "Exit codes: 0 done, 1 problems found, 2 wrong use or configuration, 3 something cannot be reached."
    },
    subcommands = {
      InitCommand.class,
      CheckCommand.class,
      RunCommand.class,
      StatusCommand.class,
      RedriveCommand.class,
      LoadCommand.class,
      ReplayCommand.class,
      RemoveCommand.class
    })
public final class Crossfade implements Runnable {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  public static void main(String[] args) {
    if (!List.of(args).contains("run")) {
      // Standard output belongs to the command's result. Set before the first logger is made.
      System.setProperty("CROSSFADE_LOG_TARGET", "System.err");
      System.setProperty("CROSSFADE_LOG", "text");
      System.setProperty("CROSSFADE_LOG_LEVEL", "WARN");
    }
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Crossfade())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(Crossfade::failed);
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "Name a command.");
  }

  private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    boolean json = parsed.hasSubcommand() && parsed.subcommand().hasMatchedOption("--json");
    var out = new Output(command, json);
    if (e instanceof SettingsException settings) {
      out.problems(settings.problems());
      out.hint("Mend the configuration; docs/configuration.md explains every key.");
      return Exit.USAGE;
    }
    out.error(command.getCommandName() + " failed: " + e.getMessage());
    if (System.getenv("CROSSFADE_DEBUG") != null) {
      e.printStackTrace(command.getErr());
    }
    return Exit.PROBLEMS;
  }
}
