package dev.crossfade.capture;

import dev.crossfade.capture.log.Engine;
import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.domain.Domain;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.publish.Publisher;
import dev.crossfade.source.postgresql.PostgresSource;
import java.util.List;
import java.util.Properties;

/** The edge between capture and the engine, for tests that put themselves between the two. */
public interface EngineEdge {
  /** May change how the engine is set up. */
  default void settings(Properties engine) {}

  /** May change what the engine hands over and what it is told. */
  LogConsumer around(LogConsumer real);

  /** A capture with this edge, and with another way to open its publishers. */
  default Capture capture(
      PostgresSource source,
      ControlDatabase control,
      KafkaSettings kafka,
      List<Domain> domains,
      String instance,
      Publisher.Opener publishers) {
    return new Capture(
        source,
        control,
        kafka,
        domains,
        instance,
        (properties, consumer) -> {
          settings(properties);
          return new Engine(properties, around(consumer));
        },
        publishers);
  }
}
