package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import dev.crossfade.lab.ShopFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The benchmark: measures the release on servers of its own, and says what it found. */
@Command(
    name = "scripts/bench",
    sortOptions = false,
    description = {
      "Measures the release on two PostgreSQL servers and Kafka of its own, on the order domain of the"
          + " shop, or beside peers: how fast a backlog is drained, how long a change takes under steady traffic, how fast"
          + " a first load is, and what each costs. docs/performance.md says how.",
      ""
    },
    footer = {
      "",
      "The results are in target/bench: results.json, and plots as SVG.",
      "scripts/bench --hot [REGEX] measures the rooms that see every change alone, by JMH.",
      "Exit codes: 0 done, 1 a wrong result or a failure, 2 wrong use."
    })
public final class Bench implements Callable<Integer> {
  private static final int WRONG = 1;

  @Option(names = "--quick", description = "Small sizes and two runs: an answer in some 6 minutes.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "PART",
      description = "One part only: drain, steady, load, start, yield or growth.")
  private Optional<Plan.Part> only = Optional.empty();

  @Option(
      names = "--changes",
      paramLabel = "N",
      description =
          "Changes of one backlog, beside which a quarter of it is drained (default: 480000; quick: 60000).")
  private Optional<Long> changes = Optional.empty();

  @Option(
      names = "--end-to-end",
      description = "Of the drain end to end only, and not also capture and apply alone.")
  private boolean endToEnd;

  @Option(
      names = "--apart",
      description = "Of the drain capture and apply alone only, and not end to end.")
  private boolean apart;

  @Option(
      names = "--rates",
      paramLabel = "N",
      split = ",",
      description = "Orders a second of steady traffic (default: 200,500,1000).")
  private List<Integer> rates = List.of();

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Length of one window of steady traffic (default: 60; quick: 10).")
  private Optional<Integer> seconds = Optional.empty();

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "Rows of a first load, about (default: 1000000; quick: 100000).")
  private Optional<Long> rows = Optional.empty();

  @Option(
      names = "--yield-rows",
      paramLabel = "N",
      description =
          "Rows that are loaded anew beside live traffic, about (default: 300000; quick: 50000).")
  private Optional<Long> yieldRows = Optional.empty();

  @Option(
      names = "--growth-by",
      paramLabel = "WHAT",
      split = ",",
      description =
          "Of the part growth: in what backlogs differ: rows in the stores, mix of inserts, updates"
              + " and deletes, width of a row, number of domains (default: all).")
  private List<Growth.By> growthBy = List.of();

  @Option(
      names = "--growth-rows",
      paramLabel = "N",
      split = ",",
      description =
          "Of the part growth: rows in the stores, about (default: 100000,1000000; quick:"
              + " 10000,100000).")
  private List<Long> growthRows = List.of();

  @Option(
      names = "--runs",
      paramLabel = "N",
      description = "Runs of each part; the median counts (default: 3; quick: 2).")
  private Optional<Integer> runs = Optional.empty();

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Repeats the orders of an earlier run (default: 1).")
  private int seed;

  @Option(
      names = "--peers",
      paramLabel = "PEER",
      arity = "0..1",
      split = ",",
      fallbackValue = "connect,postgresql",
      description =
          "Measure peers beside Crossfade: connect (Kafka Connect with Debezium, fetched by Maven),"
              + " postgresql (its own logical replication); without a name both. All of them then"
              + " copy the tables row for row.")
  private List<Peer> peers = List.of();

  @Option(
      names = "--job",
      paramLabel = "JOB",
      description =
          "What becomes of the orders: shop (the shop's own mapping) or rows (row for row, as all"
              + " do with --peers; default: shop).")
  private Optional<Job> job = Optional.empty();

  @Option(names = "--json", description = "Print results.json instead of the table.")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  @Spec private CommandSpec spec;
  private final Path root;
  private final long began = System.nanoTime();

  Bench(Path root) {
    this.root = root;
  }

  /** Ends with 0 only if every result was right. */
  public static void main(String[] words) {
    Path root = Path.of(System.getProperty("crossfade.root", "")).toAbsolutePath();
    System.exit(command(root).execute(words));
  }

  static CommandLine command(Path root) {
    return new CommandLine(new Bench(root)).setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public Integer call() {
    Plan plan = plan();
    job();
    try {
      return measure(plan);
    } catch (LabException | IOException | SQLException e) {
      System.err.println("bench: " + e.getMessage());
      return WRONG;
    }
  }

  /** What the options ask for. */
  Plan plan() {
    Plan basis = quick ? Plan.quick() : Plan.whole();
    try {
      return new Plan(
          only.<Set<Plan.Part>>map(EnumSet::of).orElse(basis.parts()),
          changes.orElse(basis.changes()),
          drained(basis),
          seconds.orElse(basis.seconds()),
          rows.orElse(basis.loadRows()),
          runs.orElse(basis.runs()),
          rates.isEmpty() ? basis.rates() : rates,
          growthBy.isEmpty() ? basis.growth() : EnumSet.copyOf(growthBy),
          growthRows.isEmpty() ? basis.growthRows() : growthRows,
          yieldRows.orElse(basis.yieldRows()));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }

  private Set<Plan.Drained> drained(Plan basis) {
    if (endToEnd && apart) {
      throw new ParameterException(
          spec.commandLine(),
          "--end-to-end and --apart each leave out the other; leave out both to measure both");
    } else if (endToEnd) {
      return EnumSet.of(Plan.Drained.END_TO_END);
    }
    return apart ? EnumSet.of(Plan.Drained.APART) : basis.drained();
  }

  /** Which peers are asked for. */
  Set<Peer> peers() {
    return peers.isEmpty() ? EnumSet.noneOf(Peer.class) : EnumSet.copyOf(peers);
  }

  /** What the pipelines do. */
  Job job() {
    if (peers.isEmpty()) {
      return job.orElse(Job.SHOP);
    } else if (job.orElse(Job.ROWS) == Job.SHOP) {
      throw new ParameterException(
          spec.commandLine(),
          "the peers can only copy row for row, found --job shop beside --peers; leave one of them out");
    }
    return Job.ROWS;
  }

  private int measure(Plan plan) throws IOException, SQLException {
    Path out = Files.createDirectories(root.resolve("target").resolve("bench"));
    Path dist = dist();
    ShopFiles shop = new ShopFiles(root.resolve("schemas").resolve("shop"));
    Job job = job();
    Optional<ConnectJars> jars =
        peers().contains(Peer.CONNECT)
            ? Optional.of(ConnectJars.fetch(root, this::say))
            : Optional.empty();
    say("starting PostgreSQL (legacy), PostgreSQL (stores) and Kafka …");
    try (BenchServers servers = BenchServers.start(out.resolve("servers"))) {
      ShopFiles files = job.files(shop, servers.folder().root().resolve("rows"));
      Workload workload = new Workload(servers.legacy(), job, seed);
      workload.install(shop);
      List<Pipeline> pipelines = new ArrayList<>();
      CrossfadePipeline crossfade =
          new CrossfadePipeline(servers, files, dist, job, List.of("order"));
      pipelines.add(crossfade);
      jars.ifPresent(j -> pipelines.add(new ConnectPipeline(servers, workload, files, j)));
      if (peers().contains(Peer.POSTGRESQL)) {
        pipelines.add(new SubscriptionPipeline(servers, files));
      }
      try {
        Map<String, Object> machine = Machine.look(root, dist, servers);
        machine.put("job", job.name().toLowerCase(Locale.ROOT));
        jars.ifPresent(j -> machine.put("kafka_connect", j.versions()));
        Growth.Domains domains =
            number -> {
              List<String> names =
                  IntStream.rangeClosed(1, number).mapToObj(n -> "order_" + n).toList();
              Path folder = servers.folder().root().resolve("domains-" + number);
              return new CrossfadePipeline(
                  servers, Job.copies(files, folder, names), dist, job, names);
            };
        return measure(plan, out, servers, workload, crossfade, domains, pipelines, machine);
      } finally {
        for (Pipeline pipeline : pipelines) {
          pipeline.close();
        }
      }
    }
  }

  private int measure(
      Plan plan,
      Path out,
      BenchServers servers,
      Workload workload,
      CrossfadePipeline crossfade,
      Growth.Domains domains,
      List<Pipeline> pipelines,
      Map<String, Object> machine)
      throws IOException, SQLException {
    Report report = new Report(machine, plan);
    if (plan.parts().contains(Plan.Part.DRAIN)) {
      report = report.drains(new Drain(servers, workload, pipelines, plan, this::say).run());
      write(report, out);
    }
    if (plan.parts().contains(Plan.Part.STEADY)) {
      report = report.windows(new Steady(servers, workload, pipelines, plan, this::say).run());
      write(report, out);
    }
    if (plan.parts().contains(Plan.Part.LOAD)) {
      report = report.loads(new FirstLoad(servers, workload, pipelines, plan, this::say).run());
      write(report, out);
    }
    if (plan.parts().contains(Plan.Part.START)) {
      report = report.starts(new Starting(crossfade, workload, this::say).run());
      write(report, out);
    }
    if (plan.parts().contains(Plan.Part.YIELD)) {
      report = report.yielding(new Yielding(crossfade, workload, plan, this::say).run());
      write(report, out);
    }
    if (plan.parts().contains(Plan.Part.GROWTH)) {
      report =
          report.growth(new Growth(servers, workload, domains, pipelines, plan, this::say).run());
      write(report, out);
    }
    System.out.print(json ? report.json() : report.table());
    say("results and plots: " + out);
    return report.right() ? 0 : WRONG;
  }

  /** After each part, so that a failure of the next one leaves what was measured. */
  private static void write(Report report, Path out) throws IOException {
    Files.writeString(out.resolve("results.json"), report.json());
    for (Map.Entry<String, String> plot : report.plots().entrySet()) {
      Files.writeString(out.resolve(plot.getKey()), plot.getValue());
    }
  }

  private Path dist() throws IOException {
    Path dists = root.resolve("sync-service").resolve("target").resolve("dist");
    if (Files.isDirectory(dists)) {
      try (Stream<Path> all = Files.list(dists)) {
        Optional<Path> found =
            all.filter(d -> Files.isExecutable(d.resolve("bin").resolve("crossfade")))
                .max(Path::compareTo);
        if (found.isPresent()) {
          return found.get();
        }
      }
    }
    throw new LabException("the release is not in " + dists + "; build it: mvn package");
  }

  private void say(String what) {
    Duration since = Duration.ofNanos(System.nanoTime() - began);
    System.err.printf(
        Locale.ROOT, "bench %3d:%02d  %s%n", since.toMinutes(), since.toSecondsPart(), what);
  }
}
