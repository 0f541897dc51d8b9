package dev.crossfade.setup;

import dev.crossfade.config.Settings;
import dev.crossfade.domain.Domain;
import dev.crossfade.publish.Topics;
import dev.crossfade.source.Problem;
import java.util.List;
import java.util.Optional;

/**
 * Records of an earlier life in the topics, of which neither the control database nor a store knows
 * anything any more: a new life would number its epochs from the beginning, and a store that reads
 * the old records first would take them for newer.
 */
public final class Leftover {
  private Leftover() {}

  /**
   * Looks into the topics.
   *
   * @throws dev.crossfade.publish.PublishException if Kafka does not answer
   */
  public static Optional<Problem> in(Settings settings) {
    try (var topics = new Topics(settings.kafka())) {
      List<Domain> found =
          settings.domains().stream().filter(d -> topics.lastGeneration(List.of(d)) > 0).toList();
      return found.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new Problem(
                  "topic " + String.join(", ", found.stream().map(Domain::topic).toList()),
                  "holds records of an earlier life of source "
                      + settings.source().name()
                      + ", of which neither the control database nor the stores know anything",
                  "restore those, or else delete the topics: "
                      + String.join(
                          "; ",
                          found.stream()
                              .map(domain -> deletionOfTopic(settings, domain))
                              .toList())));
    }
  }

  /** What a person types to delete a domain's topic. */
  public static String deletionOfTopic(Settings settings, Domain domain) {
    return "kafka-topics --bootstrap-server %s --delete --topic %s"
        .formatted(settings.kafka().properties().get("bootstrap.servers"), domain.topic());
  }

  /** What a person types to delete a domain's consumer group. */
  public static String deletionOfGroup(Settings settings, Domain domain) {
    return "kafka-consumer-groups --bootstrap-server %s --delete --group %s"
        .formatted(settings.kafka().properties().get("bootstrap.servers"), domain.group());
  }
}
