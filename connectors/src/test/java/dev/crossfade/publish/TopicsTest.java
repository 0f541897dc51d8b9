package dev.crossfade.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.source.Problem;
import dev.crossfade.source.SourceException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicsTest {
  @Test
  void settingsThatTheClientRefusesAreAProblemLikeABrokerThatIsAway() {
    var settings =
        new KafkaSettings(
            Map.of("bootstrap.servers", "127.0.0.1:1", "security.protocol", "HUSH"),
            Duration.ofDays(1),
            (short) 1);
    var refused = assertThrows(SourceException.class, () -> Topics.open(settings));
    assertNotNull(refused.getCause());
    assertEquals(refused.problems(), Topics.check(settings, List.of()));
    Problem problem = refused.problems().get(0);
    assertEquals("Kafka at 127.0.0.1:1", problem.where());
    assertTrue(problem.sentence().contains("HUSH"), problem.sentence());
  }
}
