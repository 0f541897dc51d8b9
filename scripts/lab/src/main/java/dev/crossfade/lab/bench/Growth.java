package dev.crossfade.lab.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

/** How the cost of a change grows: backlogs that differ in one thing are drained end to end. */
final class Growth {
  /** In what they differ. */
  enum By {
    ROWS,
    MIX,
    WIDTH,
    DOMAINS
  }

  /** Makes a pipeline of so many domains, each of which takes all changes. */
  interface Domains {
    Pipeline of(int number) throws IOException;
  }

  /**
   * One drain.
   *
   * @param size what it was, of those that were compared
   */
  record Point(By by, String size, Measured run) {}

  private final BenchServers servers;
  private final Workload workload;
  private final Domains domains;
  private final List<Pipeline> pipelines;
  private final Plan plan;
  private final Consumer<String> say;
  private final List<Point> points = new ArrayList<>();

  Growth(
      BenchServers servers,
      Workload workload,
      Domains domains,
      List<Pipeline> pipelines,
      Plan plan,
      Consumer<String> say) {
    this.domains = domains;
    this.servers = servers;
    this.workload = workload;
    this.pipelines = pipelines;
    this.plan = plan;
    this.say = say;
  }

  List<Point> run() throws SQLException, IOException {
    Set<By> by = plan.growth();
    try {
      if (by.contains(By.ROWS)) {
        for (long rows : plan.growthRows()) {
          drain(By.ROWS, String.format(Locale.ROOT, "%,d rows", rows), rows, Shape.USUAL);
        }
      }
      if (by.contains(By.MIX)) {
        drain(By.MIX, "inserts only", 0, Shape.USUAL.following(0));
        drain(By.MIX, "as usual", 0, Shape.USUAL);
        drain(By.MIX, "5 follow-ups an order", 0, Shape.USUAL.following(5));
        drain(By.MIX, "half deleted again", 0, Shape.USUAL.deleting(0.5));
      }
      if (by.contains(By.WIDTH)) {
        for (int bytes : new int[] {0, 1_000, 10_000}) {
          String size = bytes == 0 ? "as usual" : String.format(Locale.ROOT, "+ %,d bytes", bytes);
          drain(By.WIDTH, size, 0, Shape.USUAL.wider(bytes));
        }
      }
      if (by.contains(By.DOMAINS)) {
        for (int number : new int[] {1, 2, 4}) {
          workload.shape(Shape.USUAL);
          try (Pipeline pipeline = domains.of(number)) {
            drain(By.DOMAINS, number + " domains", 0, List.of(pipeline));
          }
        }
      }
    } finally {
      workload.shape(Shape.USUAL);
    }
    return points;
  }

  private void drain(By by, String size, long rows, Shape shape) throws SQLException {
    workload.shape(shape);
    drain(by, size, rows, pipelines);
  }

  private void drain(By by, String size, long rows, List<Pipeline> those) throws SQLException {
    String title = "growth, " + size;
    new Drain(servers, workload, those, plan, say)
        .whole(title, rows)
        .forEach(run -> points.add(new Point(by, size, run)));
  }
}
