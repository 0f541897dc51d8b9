package dev.crossfade.command;

import dev.crossfade.config.Settings;
import dev.crossfade.config.SettingsFile;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What every command takes. */
final class Options {
  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      defaultValue = "crossfade.yml",
      description = "The configuration (default: ${DEFAULT-VALUE}).")
  private Path config;

  @Option(names = "--json", description = "Print JSON on standard output instead of text.")
  private boolean json;

  Settings settings() {
    return SettingsFile.read(config, System.getenv());
  }

  Path config() {
    return config;
  }

  boolean json() {
    return json;
  }
}
