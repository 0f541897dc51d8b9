package dev.crossfade.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The demo: a shop on a legacy database, and four service stores that Crossfade keeps true. */
@Command(
    name = "scripts/demo",
    sortOptions = false,
    description = "Starts everything and shows the shop running. Ctrl-C stops it.")
public final class Demo implements Callable<Integer> {
  private static final Duration READY = Duration.ofMinutes(3);

  @Option(
      names = "--orders-per-second",
      paramLabel = "R",
      defaultValue = "20",
      description = "Orders placed a second; the rest comes in proportion (default: 20).")
  private double ordersPerSecond;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Stop the traffic after N seconds, compare, print a summary and exit.")
  private Optional<Integer> seconds = Optional.empty();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Keep the data in DIR; the next start goes on from it.")
  private Optional<Path> data = Optional.empty();

  @Option(names = "--no-traffic", description = "Start everything but the shop's traffic.")
  private boolean noTraffic;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Repeats the traffic of an earlier run (default: 1).")
  private long seed;

  @Option(names = "--legacy-port", paramLabel = "P", defaultValue = "0", description = PORT)
  private int legacyPort;

  @Option(names = "--stores-port", paramLabel = "P", defaultValue = "0", description = PORT)
  private int storesPort;

  @Option(names = "--kafka-port", paramLabel = "P", defaultValue = "0", description = PORT)
  private int kafkaPort;

  @Option(names = "--http-port", paramLabel = "P", defaultValue = "0", description = PORT)
  private int httpPort;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this text.")
  private boolean help;

  private static final String PORT = "Default: a free one, or the one that DIR remembers.";

  private final Path root;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch finished = new CountDownLatch(1);
  private final StatusMeter meter = new StatusMeter();
  private volatile Optional<DemoStack> stack = Optional.empty();
  private volatile Optional<ShopTraffic> traffic = Optional.empty();
  private volatile Optional<String> lastLine = Optional.empty();

  private Demo(Path root) {
    this.root = root;
  }

  /** Ends with 0 only if everything went well, which with --seconds includes the comparison. */
  public static void main(String[] words) {
    Path root = Path.of(System.getProperty("crossfade.root", "")).toAbsolutePath();
    Demo demo = new Demo(root);
    Runtime.getRuntime().addShutdownHook(demo.closing(Thread.currentThread()));
    int code = new CommandLine(demo).execute(words);
    demo.finished.countDown();
    System.exit(code);
  }

  /**
   * Ctrl-C, SIGTERM and the end of the terminal all come here, and so does a normal end. It lets
   * the main thread finish first, so that nothing is started after it was to be closed.
   */
  private Thread closing(Thread main) {
    return new Thread(
        () -> {
          boolean early = finished.getCount() > 0;
          if (early) {
            stop.countDown();
            main.interrupt();
          }
          try {
            finished.await(60, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          stack.ifPresent(
              s -> {
                say("stopping …");
                traffic.ifPresent(ShopTraffic::close);
                s.close();
                say("stopped; nothing is left running");
              });
          lastLine.ifPresent(System.out::println);
        },
        "closing");
  }

  @Override
  public Integer call() {
    try {
      return run();
    } catch (LabException | IOException | SQLException e) {
      if (stop.getCount() > 0) {
        System.err.println("demo: " + e.getMessage());
      }
      return 1;
    }
  }

  private int run() throws IOException, SQLException {
    Path place = data.orElse(root.resolve("target").resolve("demo"));
    DemoFolder folder = DemoFolder.open(place, data.isPresent());
    DemoStack.PortChoice ports =
        new DemoStack.PortChoice(legacyPort, storesPort, kafkaPort, httpPort);
    ShopFiles shop = new ShopFiles(root.resolve("schemas").resolve("shop"));
    DemoStack running = new DemoStack(folder, dist(), shop, ports, Demo::say);
    stack = Optional.of(running);
    running.start(seed);
    say("waiting until the stores hold what the legacy holds …");
    running.awaitReady(READY);
    System.out.println(running.addresses());
    Thread supervisor = supervisor(running);
    try {
      if (!noTraffic) {
        traffic =
            Optional.of(
                ShopTraffic.start(
                    () -> running.legacy().connect(DemoStack.SHOP),
                    ShopTraffic.Settings.of(ordersPerSecond, seed)));
      }
      watch(running);
      return seconds.isPresent() && stop.getCount() > 0 ? finish(running) : 0;
    } finally {
      stop.countDown();
      Thread.interrupted(); // the wait below must not end early
      Deadline.in(Duration.ofSeconds(60)).await(() -> !supervisor.isAlive());
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

  private Thread supervisor(DemoStack running) {
    Thread thread =
        new Thread(
            () -> {
              while (!stopped(Duration.ofMillis(250))) {
                try {
                  running.supervise();
                } catch (LabException e) {
                  say(e.getMessage() + "; trying again");
                  stopped(Duration.ofSeconds(2));
                }
              }
            },
            "supervisor");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** Shows one status line every two seconds, until the time is over or somebody stops the demo. */
  private void watch(DemoStack running) {
    long begin = System.nanoTime();
    long end = begin + TimeUnit.SECONDS.toNanos(seconds.orElse(Integer.MAX_VALUE));
    long shown = begin;
    running.service().status().ifPresent(meter::read);
    long changes = meter.changes();
    long applied = meter.applied();
    while (System.nanoTime() < end && !stopped(Duration.ofMillis(250))) {
      running.service().status().ifPresent(meter::read);
      long now = System.nanoTime();
      if (now - shown >= 2_000_000_000L) {
        double span = (now - shown) / 1e9;
        System.out.println(
            DemoReport.line(
                TimeUnit.NANOSECONDS.toSeconds(now - begin),
                traffic.map(ShopTraffic::counts),
                meter,
                (meter.changes() - changes) / span,
                (meter.applied() - applied) / span));
        shown = now;
        changes = meter.changes();
        applied = meter.applied();
      }
    }
  }

  private int finish(DemoStack running) throws SQLException {
    OptionalDouble p50 = meter.p50();
    OptionalDouble p99 = meter.p99();
    Optional<ShopTraffic.Counts> placed = traffic.map(ShopTraffic::stop);
    say("the traffic has stopped; waiting for a marker to pass through every domain …");
    fence(running);
    Deadline.in(Duration.ofSeconds(60)).await(() -> running.dirty() == 0 || stop.getCount() == 0);
    running.service().status().ifPresent(meter::read);
    long parked = Math.max(meter.parked(), running.dirty());
    say("comparing every row and every mapped column …");
    Map<String, Comparison.Found> found = running.comparison().compare();
    DemoReport report = new DemoReport(found, parked);
    System.out.print(report.forPeople());
    placed
        .flatMap(ShopTraffic.Counts::lastFailure)
        .ifPresent(f -> say("a shop transaction failed: " + f));
    lastLine = Optional.of(report.json(placed, meter, p50, p99));
    return report.consistent() ? 0 : 1;
  }

  private void fence(DemoStack running) {
    String[] fence = {""};
    boolean through =
        Deadline.in(Duration.ofMinutes(3))
            .await(
                () -> {
                  if (fence[0].isEmpty()) {
                    fence[0] = tryFence(running);
                  }
                  return stop.getCount() == 0
                      || !fence[0].isEmpty() && running.lacking(fence[0]).isEmpty();
                });
    if (!through || stop.getCount() == 0) {
      Optional<JsonNode> status = running.service().status();
      throw new LabException(
          "a marker has not passed through "
              + (fence[0].isEmpty() ? "the legacy" : running.lacking(fence[0]))
              + " within 3 minutes; the service says "
              + status.map(JsonNode::toString).orElse("nothing"));
    }
  }

  /** Empty while the legacy is being restarted. */
  private static String tryFence(DemoStack running) {
    try {
      return running.writeFence();
    } catch (SQLException e) {
      return "";
    }
  }

  private boolean stopped(Duration within) {
    try {
      return stop.await(within.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private static void say(String what) {
    System.out.println("demo: " + what);
  }
}
