package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.config.SettingsFile;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

/** A topic that somebody deleted is a gap, and a load is the way out of it. */
class TopicGoneTest {
  @Test
  void aTopicThatIsDeletedIsCuredByALoad() throws Exception {
    var setup = new Setup().initialised();
    var service =
        new Service(SettingsFile.read(setup.config, Map.of()), EnumSet.allOf(Role.class), "one");
    try {
      assertEquals(List.of(), service.start());
      FlowFixture.await("ready", Duration.ofSeconds(90), () -> service.status().ready());
      try (Admin admin =
          Admin.create(Map.of("bootstrap.servers", Servers.kafka().bootstrapServers()))) {
        admin.deleteTopics(List.of("crossfade." + setup.domain)).all().get();
      }
      FlowFixture.await(
          "GAP",
          Duration.ofSeconds(90),
          () -> service.status().unready().toString().contains("GAP"));
      assertEquals(0, setup.crossfade("load", "--yes").code());
      FlowFixture.await("ready again", Duration.ofSeconds(90), () -> service.status().ready());
    } finally {
      service.close();
      setup.takenAway();
    }
  }
}
