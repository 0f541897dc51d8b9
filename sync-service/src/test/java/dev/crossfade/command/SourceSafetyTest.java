package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.capture.CaptureStatus.State;
import dev.crossfade.config.SettingsFile;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.http.HttpEdge;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The source must not fill its disk for Crossfade's sake, and if it may, that must be seen. */
class SourceSafetyTest {
  private static final long MEGABYTE = 1 << 20;
  private static final long MOST = 64 * MEGABYTE;

  private final HttpClient http = HttpClient.newHttpClient();

  /** A neighbour on the captured server that writes log of which no captured table knows. */
  private record Neighbour(Connection connection, String slot) {
    static Neighbour beside(PostgresServer server, String slot) throws SQLException {
      server.createDatabase("neighbour");
      server.execute(
          "neighbour",
          "create table busy (b text); alter table busy alter b set storage external;");
      return new Neighbour(server.connect("neighbour"), slot);
    }

    /** Writes about four megabytes, and returns how much log there is in all. */
    long writes() throws SQLException {
      execute("truncate busy");
      execute("insert into busy select repeat('x', 100000) from generate_series(1, 40)");
      return number("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint");
    }

    void writesUntilRetained(long bytes) throws SQLException {
      while (retained() < bytes) {
        writes();
      }
    }

    long retained() throws SQLException {
      return Long.parseLong(text("pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint"));
    }

    private String text(String of) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "select %s from pg_replication_slots where slot_name = '%s'"
                      .formatted(of, slot))) {
        row.next();
        return row.getString(1);
      }
    }

    /** Changes with the heartbeats, as nothing else is captured. */
    String confirmed() throws SQLException {
      return text("confirmed_flush_lsn::text");
    }

    private void execute(String sql) throws SQLException {
      try (Statement statement = connection.createStatement()) {
        statement.execute(sql);
      }
    }

    private long number(String sql) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(sql)) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private String get(HttpEdge edge, String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(edge.url() + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private JsonNode capture(HttpEdge edge) throws Exception {
    return new ObjectMapper().readTree(get(edge, "/api/status")).path("capture");
  }

  private double gauge(HttpEdge edge, String name) throws Exception {
    return get(edge, "/prometheus")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  private static Service service(Setup setup, String instance, Role... roles) throws Exception {
    return new Service(
        SettingsFile.read(setup.config, Map.of()), EnumSet.copyOf(List.of(roles)), instance);
  }

  @Test
  void anIdleDatabaseBesideABusyOneKeepsLittleLogAndWhatIsKeptIsSeenInEveryState()
      throws Exception {
    PostgresServer server =
        PostgresServer.start(Servers.freshFolder("source"), 0, Map.of("wal_level", "logical"));
    var setup = new Setup(server).initialised();
    Service service = service(setup, "one", Role.values());
    Service second = service(setup, "two", Role.CAPTURE);
    HttpEdge edge = HttpEdge.start(service);
    HttpEdge standby = HttpEdge.start(second);
    try {
      assertEquals(List.of(), service.start());
      FlowFixture.await("the flow", Duration.ofSeconds(60), () -> service.status().ready());
      Neighbour neighbour = Neighbour.beside(server, "crossfade_" + setup.source);

      // 1. While it runs, only the heartbeats move the slot, one each second.
      long most = 0;
      long from = neighbour.writes();
      long written = from;
      while (written - from < 205 * MEGABYTE) {
        for (int i = 0; i < 6; i++) {
          written = neighbour.writes();
          most = Math.max(most, neighbour.retained());
          if (i % 3 == 2) {
            neighbour.execute("checkpoint"); // a server has them by itself, by time and by amount
          }
        }
        String before = neighbour.confirmed();
        FlowFixture.await(
            "a heartbeat", Duration.ofSeconds(5), () -> !neighbour.confirmed().equals(before));
      }
      System.out.printf("the idle database kept %d MB at most%n", most / MEGABYTE);
      assertTrue(most < MOST, "retained " + most);

      // 2. A process that waits as standby tells it too, and against what limit.
      assertEquals(List.of(), second.start());
      FlowFixture.await(
          "the standby's gauge",
          Duration.ofSeconds(30),
          () ->
              second.status().capture().orElseThrow().state() == State.STANDBY
                  && gauge(standby, "crossfade_capture_retained_wal_bytes") >= 0);
      assertTrue(Double.isNaN(gauge(standby, "crossfade_capture_retained_wal_limit_bytes")));
      assertEquals("none", capture(standby).path("retained_wal_limit_bytes").asText());
      server.execute("postgres", "alter system set max_slot_wal_keep_size = '150MB'");
      server.execute("postgres", "select pg_reload_conf()");

      // 3. While capture cannot go on nothing is released, and it grows past that.
      setup.stores.freeze();
      try {
        FlowFixture.await(
            "the gauges of a flow that is stuck",
            Duration.ofSeconds(60),
            () -> {
              neighbour.writesUntilRetained(MOST + 20 * MEGABYTE);
              return service.status().capture().orElseThrow().state() == State.RETRYING
                  && gauge(edge, "crossfade_capture_retained_wal_bytes") > MOST
                  && gauge(edge, "crossfade_capture_retained_wal_limit_bytes") == 150 * MEGABYTE;
            });
        String status = setup.crossfade("status", "--url", edge.url()).out();
        assertTrue(status.contains("of log (limit " + 150 * MEGABYTE + ")"), status);
      } finally {
        setup.stores.thaw();
      }
      second.close();
      service.close();

      // 4. When nobody runs, check tells it.
      neighbour.writesUntilRetained(MOST + 20 * MEGABYTE);
      Setup.Result check = setup.crossfade("check", "--no-sample");
      assertEquals(0, check.code(), check::err);
      assertTrue(
          check.err().contains("more than half of the 150 MB of max_slot_wal_keep_size"),
          check::err);
      server.execute("postgres", "alter system reset max_slot_wal_keep_size");
      server.execute("postgres", "select pg_reload_conf()");
      JsonNode notices = setup.crossfade("check", "--no-sample", "--json").json().path("notices");
      assertTrue(
          notices.toString().contains("it is kept until the disk is full"), notices::toString);

      // 5. A process that comes back takes what was kept.
      Service again = service(setup, "three", Role.values());
      try {
        assertEquals(List.of(), again.start());
        FlowFixture.await(
            "what was kept to go", Duration.ofSeconds(60), () -> neighbour.retained() < MOST);
      } finally {
        again.close();
      }
      assertFalse(again.status().ready());

      // 6. Behind a gap nothing is released either, and it is seen like elsewhere.
      neighbour.writes();
      server.execute(
          setup.legacyDatabase,
          "select pg_replication_slot_advance('%s', pg_current_wal_lsn())"
              .formatted(neighbour.slot()));
      Service behindGap = service(setup, "four", Role.CAPTURE);
      HttpEdge seen = HttpEdge.start(behindGap);
      try {
        assertEquals(List.of(), behindGap.start());
        FlowFixture.await(
            "the gauge of a gap",
            Duration.ofSeconds(60),
            () -> {
              neighbour.writesUntilRetained(MOST + 20 * MEGABYTE);
              return behindGap.status().capture().orElseThrow().state() == State.GAP
                  && gauge(seen, "crossfade_capture_retained_wal_bytes") > MOST;
            });
        assertEquals("none", capture(seen).path("retained_wal_limit_bytes").asText());
      } finally {
        behindGap.close();
        seen.close();
      }
    } finally {
      second.close();
      service.close();
      standby.close();
      edge.close();
      server.kill();
    }
  }
}
