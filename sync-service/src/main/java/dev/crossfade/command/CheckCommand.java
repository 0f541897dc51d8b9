package dev.crossfade.command;

import dev.crossfade.config.Settings;
import dev.crossfade.domain.Domain;
import dev.crossfade.mapping.MappingCheck;
import dev.crossfade.setup.Checks;
import dev.crossfade.setup.Findings;
import dev.crossfade.setup.Pools;
import dev.crossfade.setup.Role;
import dev.crossfade.setup.Samples;
import dev.crossfade.source.Problem;
import dev.crossfade.source.Source;
import dev.crossfade.source.SourceException;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.source.postgresql.RetainedWal;
import java.sql.SQLException;
import java.util.EnumSet;
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
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Checks everything without starting or changing anything.",
    description = {
      "Configuration, source, topics, stores and mappings; then shows what a sample aggregate of each domain derives to.",
      ""
    })
final class CheckCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(
      names = "--domain",
      paramLabel = "NAME",
      description = "Show a sample of this domain only.")
  private Optional<String> domain = Optional.empty();

  @Option(
      names = "--key",
      paramLabel = "ID",
      description = "Show this aggregate, by its id in the source; needs --domain.")
  private Optional<String> key = Optional.empty();

  @Option(names = "--no-sample", description = "Show no sample.")
  private boolean noSample;

  @Override
  public Integer call() throws SQLException {
    var out = new Output(spec.commandLine(), options.json());
    if (key.isPresent() && domain.isEmpty()) {
      throw new CommandLine.ParameterException(spec.commandLine(), "--key needs --domain.");
    }
    Settings settings = options.settings();
    List<Domain> wanted = wanted(settings);
    try (var pools = new Pools("check");
        var source = new PostgresSource(settings.source())) {
      Findings findings = Checks.run(settings, source, pools, EnumSet.allOf(Role.class));
      List<Problem> notices = notices(source);
      notices.forEach(notice -> out.hint("Notice: " + notice.sentence()));
      if (!findings.good()) {
        print(out, findings, notices);
        return findings.problems().isEmpty() ? Exit.UNREACHABLE : Exit.PROBLEMS;
      }
      out.text(
          "Everything is well: %d domains, %d captured tables, %d stores."
              .formatted(
                  settings.domains().size(),
                  settings.capturedTables().size(),
                  settings.stores().size()));
      var samples = new LinkedHashMap<String, Object>();
      if (!noSample) {
        for (Domain one : wanted) {
          samples.put(one.name(), sample(out, settings, source, pools, one));
        }
      }
      var json = new LinkedHashMap<String, Object>();
      json.put("problems", List.of());
      json.put("unreachable", List.of());
      json.put("notices", Output.asJson(notices));
      json.put("samples", samples);
      out.json(json);
      out.hint("Next: crossfade run --config " + options.config());
      return Exit.OK;
    }
  }

  private List<Domain> wanted(Settings settings) {
    List<Domain> found =
        settings.domains().stream()
            .filter(d -> domain.isEmpty() || d.name().equals(domain.get()))
            .toList();
    if (found.isEmpty()) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--domain is "
              + domain.orElse("")
              + ", expected one of "
              + String.join(", ", settings.domains().stream().map(Domain::name).toList()));
    }
    return found;
  }

  /** What is not wrong yet: the log that the source keeps while nobody, or too little, takes it. */
  private static List<Problem> notices(PostgresSource source) {
    Optional<RetainedWal> found;
    try {
      found = source.retained();
    } catch (SourceException e) {
      return List.of(); // the check says so itself
    }
    String where = "source " + source.name();
    return found
        .flatMap(
            wal -> {
              String keeps = "keeps " + megabytes(wal.bytes()) + " of log for Crossfade";
              if (wal.nearsLimit()) {
                return Optional.of(
                    new Problem(
                        where,
                        "%s, more than half of the %s of max_slot_wal_keep_size, beyond which it is dropped and changes are lost to the stores"
                            .formatted(keeps, megabytes(wal.limit().getAsLong())),
                        "run Crossfade, see why it is behind, or raise the limit"));
              } else if (wal.growsWithoutLimit()) {
                return Optional.of(
                    new Problem(
                        where,
                        keeps
                            + " and nobody takes it; max_slot_wal_keep_size is not set, so it is kept until the disk is full",
                        "run Crossfade, set a limit, or take Crossfade away with crossfade remove"));
              }
              return Optional.empty();
            })
        .map(List::of)
        .orElse(List.of());
  }

  private static String megabytes(long bytes) {
    return (bytes >> 20) + " MB";
  }

  private static void print(Output out, Findings findings, List<Problem> notices) {
    var json = new LinkedHashMap<String, Object>();
    json.put("problems", Output.asJson(findings.problems()));
    json.put("unreachable", Output.asJson(findings.away()));
    json.put("notices", Output.asJson(notices));
    out.json(json);
    findings.problems().forEach(p -> out.hint(p.sentence()));
    findings.away().forEach(p -> out.hint(p.sentence()));
    out.hint(
        "%d problems, %d unreachable."
            .formatted(findings.problems().size(), findings.away().size()));
  }

  private List<Map<String, Object>> sample(
      Output out, Settings settings, Source source, Pools pools, Domain one) throws SQLException {
    List<MappingCheck.Sample> samples = new Samples(settings, source, pools).of(one, key);
    if (samples.isEmpty()) {
      out.text("");
      out.text(one.name() + ": the source has no such aggregate to show.");
    }
    for (MappingCheck.Sample sample : samples) {
      out.text("");
      out.text(one.name() + " " + sample.key() + " derives to");
      sample
          .targets()
          .forEach(
              (target, rows) -> {
                out.text(
                    "  " + target + ": " + rows.size() + (rows.size() == 1 ? " row" : " rows"));
                for (Map<String, String> row : rows) {
                  var line = new StringBuilder("    ");
                  row.forEach(
                      (column, value) ->
                          line.append(column)
                              .append('=')
                              .append(value == null ? "NULL" : value)
                              .append("  "));
                  out.text(line.toString().stripTrailing());
                }
              });
    }
    return samples.stream()
        .map(s -> Map.<String, Object>of("key", s.key(), "targets", s.targets()))
        .toList();
  }
}
