package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A flow that lost its place says so, waits for a person, and is whole again after their word. */
class WayOutOfAGapTest {
  private static final String ITEMS =
      "select string_agg(concat_ws('|', item_id, name, owner), ' ' order by item_id) from items";

  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void aSlotThatIsDroppedIsSaidAndCuredByALoad() throws Exception {
    var setup = new Setup().initialised();
    var service = service(setup);
    try (HttpEdge edge = HttpEdge.start(service)) {
      assertEquals(List.of(), service.start());
      await("it is ready", 60, () -> status(edge).path("ready").asBoolean());
      long first = status(edge).path("capture").path("epoch").asLong();

      dropTheSlotBehindItsBack(setup);
      await("it says GAP", 10, () -> state(edge).equals("GAP"));
      assertEquals(503, readiness(edge));
      // What happens now is in no log that anybody keeps.
      setup.legacy.execute(
          setup.legacyDatabase,
          "delete from things where id = 1; update things set label = 'stool' where id = 2; insert into things values (3, 'desk', 'Cid')");
      await(
          "the message says how to go on",
          10,
          () -> status(edge).path("unready").toString().contains("crossfade load --yes"));
      Setup.Result status = setup.crossfade("status", "--url", edge.url());
      assertEquals(Exit.PROBLEMS, status.code());
      assertTrue(
          status.out().contains("the slot crossfade_" + setup.source + " is gone"), status::out);
      assertEquals("1|LAMP|Ada 2|CHAIR|Bob", items(setup), "nothing goes on by itself");

      assertEquals(2, setup.crossfade("load").code(), "a load is not asked for by accident");
      Setup.Result load = setup.crossfade("load", "--yes");
      assertEquals(0, load.code(), load::err);
      await("it is ready again", 60, () -> status(edge).path("ready").asBoolean());
      await(
          "the store is what the source is",
          20,
          () -> items(setup).equals("2|STOOL|Bob 3|DESK|Cid"));
      assertEquals("STREAMING", state(edge));
      JsonNode domain = status(edge).path("domains").path(setup.domain);
      assertEquals("FOLLOWING", domain.path("state").asText(), domain::toString);
      assertEquals(first + 1, status(edge).path("capture").path("epoch").asLong());

      setup.legacy.execute(
          setup.legacyDatabase,
          "update things set label = 'bench' where id = 3; delete from things where id = 2");
      await("it follows", 20, () -> items(setup).equals("3|BENCH|Cid"));
    } finally {
      service.close();
      setup.takenAway();
    }
  }

  @Test
  void aControlDatabaseThatIsLostIsAProblemAndCuredByALoad() throws Exception {
    var setup = new Setup().initialised();
    var service = service(setup);
    try (HttpEdge edge = HttpEdge.start(service)) {
      assertEquals(List.of(), service.start());
      await("it is ready", 60, () -> status(edge).path("ready").asBoolean());
    } finally {
      service.close();
    }
    setup.stores.execute(setup.controlDatabase, "drop schema crossfade cascade");
    setup.legacy.execute(
        setup.legacyDatabase,
        "select pg_drop_replication_slot('crossfade_%s'); delete from things where id = 1"
            .formatted(setup.source));

    var started = service(setup);
    try {
      var problems = started.start();
      assertEquals(1, problems.size(), problems::toString);
      String sentence = problems.get(0).sentence();
      assertTrue(
          sentence.contains("control knows nothing of source " + setup.source)
              && sentence.contains("crossfade load --yes"),
          sentence);
    } finally {
      started.close();
    }

    Setup.Result load = setup.crossfade("load", "--yes");
    assertEquals(0, load.code(), load::err);
    var again = service(setup);
    try (HttpEdge edge = HttpEdge.start(again)) {
      assertEquals(List.of(), again.start());
      await("it is ready", 60, () -> status(edge).path("ready").asBoolean());
      await("the store is what the source is", 20, () -> items(setup).equals("2|CHAIR|Bob"));
      assertTrue(status(edge).path("capture").path("epoch").asLong() > 1);
    } finally {
      again.close();
      setup.takenAway();
    }
  }

  private static Service service(Setup setup) {
    return new Service(SettingsFile.read(setup.config, Map.of()), EnumSet.allOf(Role.class), "one");
  }

  private static void dropTheSlotBehindItsBack(Setup setup) throws Exception {
    String slot = "crossfade_" + setup.source;
    await(
        "the slot is dropped",
        20,
        () -> {
          // Capture comes back at once, so that both have to happen in one moment.
          try {
            setup.legacy.execute(
                setup.legacyDatabase,
                "select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '%1$s'; select pg_drop_replication_slot('%1$s')"
                    .formatted(slot));
            return true;
          } catch (RuntimeException e) {
            return false;
          }
        });
  }

  private static String items(Setup setup) throws Exception {
    return String.valueOf(Setup.one(setup.stores, setup.storeDatabase, ITEMS));
  }

  private String state(HttpEdge edge) throws Exception {
    return status(edge).path("capture").path("state").asText();
  }

  private JsonNode status(HttpEdge edge) throws Exception {
    return new ObjectMapper().readTree(get(edge, "/api/status").body());
  }

  private int readiness(HttpEdge edge) throws Exception {
    return get(edge, "/health/readiness").statusCode();
  }

  private HttpResponse<String> get(HttpEdge edge, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(edge.url() + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void await(String what, int seconds, Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (!condition.call()) {
      assertTrue(System.nanoTime() < deadline, () -> "not within " + seconds + " s: " + what);
      LockSupport.parkNanos(50_000_000);
    }
  }
}
