package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.config.Settings;
import dev.crossfade.config.SettingsFile;
import dev.crossfade.http.HttpEdge;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class RunTest {
  private final HttpClient http = HttpClient.newHttpClient();

  private HttpResponse<String> get(HttpEdge edge, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(edge.url() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(HttpEdge edge, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(edge.url() + path))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode status(HttpEdge edge) throws Exception {
    return new ObjectMapper().readTree(get(edge, "/api/status").body());
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!condition.call()) {
      assertTrue(System.nanoTime() < deadline, () -> "waited a minute until " + what);
      LockSupport.parkNanos(50_000_000);
    }
  }

  @Test
  void aRunningProcessShowsTakesAndIsTakenAway() throws Exception {
    var setup = new Setup().initialised();
    Settings settings = SettingsFile.read(setup.config, Map.of());
    var service = new Service(settings, EnumSet.allOf(Role.class), "one");
    HttpEdge edge = HttpEdge.start(service);
    try {
      assertEquals(503, get(edge, "/health/readiness").statusCode());
      assertEquals(200, get(edge, "/health/liveness").statusCode());
      assertEquals(List.of(), service.start());
      await("the process is ready", () -> status(edge).path("ready").asBoolean());
      assertEquals(200, get(edge, "/health/readiness").statusCode());
      assertEquals(
          "LAMP",
          Setup.one(setup.stores, setup.storeDatabase, "select name from items where item_id = 1"));

      JsonNode status = status(edge);
      assertEquals("one", status.path("instance").asText());
      assertEquals("STREAMING", status.path("capture").path("state").asText());
      JsonNode domain = status.path("domains").path(setup.domain);
      assertEquals("FOLLOWING", domain.path("state").asText());
      assertEquals(0, domain.path("parked").asInt(-1));
      assertTrue(domain.path("end_to_end_lag_seconds").isNumber(), domain::toString);
      assertTrue(domain.path("position").path("base").asText().contains("/"), domain::toString);

      String metrics = get(edge, "/prometheus").body();
      assertTrue(metrics.contains("crossfade_capture_state{state=\"streaming\"} 1.0"), metrics);
      assertTrue(
          metrics.contains("crossfade_parked{domain=\"" + setup.domain + "\"} 0.0"), metrics);

      assertEquals(200, post(edge, "/api/domains/" + setup.domain + "/redrive").statusCode());
      assertEquals(404, post(edge, "/api/domains/nowhere/redrive").statusCode());
      assertEquals(0, setup.crossfade("status", "--url", edge.url()).code());
    } finally {
      service.close();
      edge.close();
    }

    // The capture role does not own the publication that the administrator made for it.
    Setup.Result removed = setup.crossfade("remove", "--yes");
    assertEquals(1, removed.code(), removed::err);
    assertTrue(removed.err().contains("drop publication crossfade_" + setup.source), removed::err);
    setup.legacy.execute(setup.legacyDatabase, "drop publication crossfade_" + setup.source);
    String left =
        """
        select count(*) from pg_namespace where nspname in ('crossfade', '%s')
        """
            .formatted(setup.source);
    assertEquals("0", Setup.one(setup.stores, setup.storeDatabase, left));
    assertEquals("0", Setup.one(setup.stores, setup.controlDatabase, left));
    assertEquals(
        "0",
        Setup.one(
            setup.legacy,
            setup.legacyDatabase,
            "select count(*) from pg_replication_slots where slot_name = 'crossfade_%s'"
                .formatted(setup.source)));
    assertEquals(0, setup.crossfade("remove", "--yes").code());
    assertEquals("2", Setup.one(setup.stores, setup.storeDatabase, "select count(*) from items"));
  }

  @Test
  void waitsForWhatCannotBeReachedAndCanBeStoppedMeanwhile() throws Exception {
    var setup = new Setup().initialised();
    setup.replace(setup.stores.jdbcUrl(setup.storeDatabase), "jdbc:postgresql://127.0.0.1:1/x");
    var service =
        new Service(
            SettingsFile.read(setup.config, Map.of()), EnumSet.allOf(Role.class), "waiting");
    HttpEdge edge = HttpEdge.start(service);
    try {
      var started =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return service.start();
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      await(
          "the status names the store",
          () ->
              status(edge)
                  .path("unready")
                  .toString()
                  .contains("stores.item-store cannot be reached"));
      JsonNode status = status(edge);
      assertFalse(status.path("ready").asBoolean());
      assertTrue(status.has("capture") && status.path("capture").isNull(), status::toString);
      assertEquals(503, get(edge, "/health/readiness").statusCode());
      assertEquals(200, get(edge, "/health/liveness").statusCode());
      service.close();
      assertEquals(List.of(), started.get(15, TimeUnit.SECONDS));
    } finally {
      service.close();
      edge.close();
    }
  }
}
