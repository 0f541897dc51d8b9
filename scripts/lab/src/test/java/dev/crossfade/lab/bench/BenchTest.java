package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.lab.ShopFiles;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class BenchTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--only nothing",
        "--changes 10",
        "--changes many",
        "--seconds 0",
        "--fast",
        "x",
        "--peers=oracle",
        "--rates 0",
        "--end-to-end --apart",
        "--job nothing",
        "--peers connect --job shop",
        "--growth-by colour",
        "--growth-rows 100000,10",
        "--yield-rows 1"
      })
  void wrongUseIsSaidAndEndsWith2(String words) {
    StringWriter said = new StringWriter();
    CommandLine command = Bench.command(Path.of("nowhere")).setErr(new PrintWriter(said, true));
    assertEquals(2, command.execute(words.split(" ")));
    assertTrue(said.toString().contains("Usage: scripts/bench"), said.toString());
  }

  @Test
  void whatIsSaidGoesBeforeWhatQuickMeans() {
    CommandLine command = Bench.command(Path.of("nowhere"));
    command.parseArgs("--quick", "--only", "steady", "--changes", "5000");
    Plan plan = ((Bench) command.getCommand()).plan();
    assertEquals(EnumSet.of(Plan.Part.STEADY), plan.parts());
    assertEquals(5_000, plan.changes());
    assertEquals(Plan.quick().seconds(), plan.seconds());
  }

  @Test
  void whatIsLeftOutIsAskedForByName() {
    Bench bench = parsed("--end-to-end", "--rates", "500,20");
    assertEquals(Set.of(Plan.Drained.END_TO_END), bench.plan().drained());
    assertEquals(List.of(500, 20), bench.plan().rates());
    assertEquals(Set.of(Plan.Drained.APART), parsed("--apart").plan().drained());
    assertEquals(EnumSet.allOf(Plan.Drained.class), parsed().plan().drained());
    assertEquals(List.of(200, 500, 1_000), parsed("--quick").plan().rates());
  }

  @Test
  void withPeersTheJobIsWhatAllCanDo() {
    assertEquals(Job.SHOP, parsed().job());
    assertEquals(Job.ROWS, parsed("--job", "rows").job());
    assertEquals(Job.ROWS, parsed("--peers").job());
    assertEquals(Job.ROWS, parsed("--peers", "--job", "rows").job());
  }

  private static Bench parsed(String... words) {
    CommandLine command = Bench.command(Path.of("nowhere"));
    command.parseArgs(words);
    return command.getCommand();
  }

  @Test
  void howItGrowsIsAskedForByName() {
    assertFalse(Plan.whole().parts().contains(Plan.Part.GROWTH));
    CommandLine command = Bench.command(Path.of("nowhere"));
    command.parseArgs("--only", "growth", "--growth-by", "rows,mix", "--growth-rows", "5000,50000");
    Plan plan = ((Bench) command.getCommand()).plan();
    assertEquals(EnumSet.of(Plan.Part.GROWTH), plan.parts());
    assertEquals(EnumSet.of(Growth.By.ROWS, Growth.By.MIX), plan.growth());
    assertEquals(List.of(5_000L, 50_000L), plan.growthRows());
  }

  @Test
  void whatHappensBesideALoadIsToldByWhenAnOrderWasPlaced() throws Exception {
    Yielding.Found found =
        Yielding.found(
            10,
            1.5,
            3.0,
            List.of(
                new Orders.Order(7_000_000, 2_000),
                new Orders.Order(8_600_000, 30_000),
                new Orders.Order(9_900_000, 40_000),
                new Orders.Order(11_000_000, 3_000)),
            true);
    assertEquals(List.of("before", "during", "after"), List.copyOf(found.periods().keySet()));
    assertEquals(2, found.periods().get("during").count());
    assertEquals(40, found.periods().get("during").max());
    assertEquals(List.of(1, 1, 1, 0, 1), found.seconds().stream().map(Latencies::count).toList());
    Report report = new Report(Map.of(), Plan.quick()).yielding(found);
    JsonNode json = new ObjectMapper().readTree(report.json()).path("yield");
    assertEquals(40, json.path("latency_ms").path("during").path("p99").asDouble());
    assertTrue(report.table().contains("A new load of 10 rows beside 200 orders/s, 1.5 s"));
    assertTrue(report.plots().get("yield.svg").contains("<polyline"));
  }

  @Test
  void growthIsToldAgainstTheFirstOfEachPipeline() throws Exception {
    Report report =
        new Report(Map.of(), Plan.quick())
            .growth(
                List.of(
                    new Growth.Point(Growth.By.ROWS, "10 rows", run(40, true)),
                    new Growth.Point(Growth.By.ROWS, "20 rows", run(40, true))));
    assertTrue(report.table().contains("Growth by rows"), report::table);
    assertTrue(report.table().contains("p, 20 rows"), report::table);
    assertEquals(2, new ObjectMapper().readTree(report.json()).path("growth").size());
    assertEquals(Set.of("growth-rows.svg"), report.plots().keySet());
  }

  @Test
  void theMedianOfTheRunsCountsAndOneWrongStateIsEnough() throws Exception {
    Report report =
        new Report(Map.of(), Plan.quick())
            .drains(List.of(run(40, true), run(10, true), run(20, true)));
    assertTrue(report.right());
    JsonNode drain = new ObjectMapper().readTree(report.json()).path("drain").path(0);
    assertEquals(50_000, drain.path("median").path("per_second").asDouble());
    assertEquals(4, drain.path("median").path("cpu_us_each").asDouble());
    assertEquals(3, drain.path("runs").size());
    assertFalse(report.loads(List.of(run(10, false))).right());
  }

  private static Measured run(double seconds, boolean right) {
    return Runs.measured("p", Phase.WHOLE, seconds, right);
  }

  @Test
  void peersAreThoseThatAreNamedOrElseAll() {
    assertEquals(Set.of(), peers("--only", "drain"));
    assertEquals(Set.of(Peer.values()), peers("--peers", "--only", "drain"));
    assertEquals(Set.of(Peer.values()), peers("--peers"));
    assertEquals(Set.of(Peer.POSTGRESQL), peers("--peers=postgresql"));
    assertEquals(Set.of(Peer.CONNECT), peers("--quick", "--peers", "connect"));
  }

  private static Set<Peer> peers(String... words) {
    CommandLine command = Bench.command(Path.of("nowhere"));
    command.parseArgs(words);
    return ((Bench) command.getCommand()).peers();
  }

  @Test
  void aBacklogChangesWhatItSaysAndASeedRepeatsIt() throws Exception {
    PostgresServer server = PostgresServer.start(Servers.freshFolder("bench"), 0, Map.of());
    try {
      Workload workload = new Workload(server, Job.SHOP, 7);
      workload.install(ShopFiles.find());
      long before = written(workload);
      long changes = workload.backlog(2_000);
      assertTrue(changes >= 2_000 && changes < 2_050, "changes: " + changes);
      assertEquals(changes, written(workload) - before);
      String first = ids(workload);
      workload.clear();
      new Workload(server, Job.SHOP, 7).backlog(2_000);
      assertEquals(first, ids(workload));
      workload.clear();
      new Workload(server, Job.SHOP, 8).backlog(2_000);
      assertFalse(first.equals(ids(workload)));
    } finally {
      server.kill();
    }
  }

  /** Rows that the server says were changed in captured tables. */
  private static long written(Workload workload) throws Exception {
    return Long.parseLong(
        ask(
            workload,
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_user_tables"
                + " where relname in ('sales_orders', 'sales_items')"));
  }

  private static String ids(Workload workload) throws Exception {
    return ask(
        workload,
        "select count(*) || md5(string_agg(order_id || status || coalesce(i, '') || total, ',' order"
            + " by order_id)) from sales_orders o left join lateral (select string_agg(i.*::text,"
            + " ',' order by sales_item_id) as i from (select sales_item_id, quantity, line_total"
            + " from sales_items where order_id = o.order_id) i) x on true");
  }

  private static String ask(Workload workload, String sql) throws Exception {
    try (Connection connection = workload.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("select pg_stat_force_next_flush()");
      try (ResultSet row = statement.executeQuery(sql)) {
        row.next();
        return row.getString(1);
      }
    }
  }
}
