package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.lab.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CommandTest {
  private Setup setup;

  @BeforeEach
  void aUsersDatabases() throws IOException {
    setup = new Setup();
  }

  private static void ends(Setup.Result result, int code, String sentence) {
    assertEquals(code, result.code(), result::err);
    assertTrue(result.err().contains(sentence), result::err);
    assertFalse(result.err().contains("Exception"), result::err);
    assertFalse(result.err().contains("secret"), result::err);
  }

  @Test
  void whatInitPrintsIsEnoughForCheck() throws IOException {
    setup.initialised();
    Setup.Result result = setup.crossfade("check");
    assertEquals(0, result.code(), result::err);
    assertTrue(result.out().contains("name=LAMP"), result::out);
    assertFalse(result.out().contains("Ada"), "a sensitive value is shown: " + result.out());
  }

  @Test
  void checkShowsTheAggregateThatIsAskedFor() throws IOException {
    setup.initialised();
    JsonNode sample =
        setup
            .crossfade("check", "--domain", setup.domain, "--key", "2", "--json")
            .json()
            .path("samples")
            .path(setup.domain)
            .path(0);
    assertEquals("2", sample.path("key").asText());
    assertEquals("CHAIR", sample.path("targets").path("items").path(0).path("name").asText());
  }

  @Test
  void checkChangesNothing() throws Exception {
    setup.initialised();
    setup.crossfade("check");
    assertEquals(
        "0",
        Setup.one(
            setup.stores,
            setup.storeDatabase,
            "select count(*) from pg_namespace where nspname in ('crossfade', '"
                + setup.source
                + "')"));
    assertEquals(
        "0",
        Setup.one(
            setup.legacy,
            setup.legacyDatabase,
            "select count(*) from pg_replication_slots where slot_name = 'crossfade_"
                + setup.source
                + "'"));
  }

  @Test
  void aWrongPasswordIsAProblem() throws IOException {
    setup.initialised();
    setup.replace(
        "user: %s, password: secret } }\ncontrol".formatted(setup.applyRole),
        "user: %s, password: wrong } }\ncontrol".formatted(setup.applyRole));
    ends(
        setup.crossfade("check"),
        1,
        "stores.item-store refuses the password of " + setup.applyRole);
    ends(setup.crossfade("run"), 1, "stores.item-store refuses the password of " + setup.applyRole);
  }

  @Test
  void anUnreachableStoreIsSaidWithoutHidingTheRest() throws IOException {
    setup.initialised();
    setup.replace(setup.stores.jdbcUrl(setup.storeDatabase), "jdbc:postgresql://127.0.0.1:1/x");
    setup.legacy.execute(setup.legacyDatabase, "alter table things replica identity nothing");
    Setup.Result result = setup.crossfade("check");
    ends(result, 1, "stores.item-store cannot be reached at jdbc:postgresql://127.0.0.1:1/x");
    assertTrue(result.err().contains("things"), result::err);
    setup.legacy.execute(setup.legacyDatabase, "alter table things replica identity default");
    ends(setup.crossfade("check"), 3, "stores.item-store cannot be reached");
  }

  @Test
  void anUnreachableBrokerIsSaid() throws IOException {
    setup.initialised();
    setup.replace(Servers.kafka().bootstrapServers(), "127.0.0.1:1");
    ends(setup.crossfade("check"), 3, "kafka.bootstrap.servers cannot be reached at 127.0.0.1:1");
  }

  @Test
  void aDatabaseThatDoesNotExistIsAProblem() throws IOException {
    setup.initialised();
    setup.replace(setup.controlDatabase, "nowhere");
    ends(setup.crossfade("check"), 1, "control names a database that does not exist");
  }

  @Test
  void aTopicWithOtherSettingsIsAProblem() throws Exception {
    setup.initialised();
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", Servers.kafka().bootstrapServers()))) {
      admin
          .createTopics(
              java.util.List.of(
                  new NewTopic("crossfade." + setup.domain, Optional.of(3), Optional.empty())))
          .all()
          .get();
    }
    ends(
        setup.crossfade("check"), 1, "crossfade." + setup.domain + " has 3 partitions, expected 1");
  }

  @Test
  void aPortInUseIsAProblem() throws IOException {
    setup.initialised();
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      setup.replace("port: 0", "port: " + taken.getLocalPort());
      ends(setup.crossfade("run"), 1, "http cannot listen on 127.0.0.1:" + taken.getLocalPort());
    }
  }

  @Test
  void aWrongConfigurationEndsWithItsOwnCode() throws IOException {
    setup.replace("domains:", "domain:");
    ends(setup.crossfade("check"), 2, "perhaps domains was meant");
    JsonNode json = setup.crossfade("check", "--json").json();
    assertTrue(json.path("problems").size() >= 2, json::toString);
  }

  @Test
  void aWrongCommandLineEndsWithItsOwnCode() {
    assertEquals(2, setup.crossfade("check", "--domain", "nowhere").code());
    assertEquals(2, setup.crossfade("check", "--key", "1").code());
    assertEquals(2, setup.crossfade("fly").code());
  }

  @Test
  void statusSaysThatNobodyAnswers() {
    ends(
        setup.crossfade("status", "--url", "http://127.0.0.1:1"),
        3,
        "No process of Crossfade answers");
  }
}
