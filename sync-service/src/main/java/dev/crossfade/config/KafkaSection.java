package dev.crossfade.config;

import dev.crossfade.publish.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The key kafka: what Crossfade's topics must be like; everything else goes to Kafka's clients. */
final class KafkaSection {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})\\s*(ms|s|m|h|d)");

  /** What Crossfade must set itself to keep its promises. */
  private static final Set<String> OURS =
      Set.of(
          "acks",
          "auto.offset.reset",
          "client.id",
          "enable.auto.commit",
          "enable.idempotence",
          "group.id",
          "isolation.level",
          "key.serializer",
          "key.deserializer",
          "value.serializer",
          "value.deserializer",
          "transactional.id",
          "max.in.flight.requests.per.connection");

  private static final Set<String> OFTEN_USED =
      Set.of(
          "security.protocol",
          "sasl.mechanism",
          "sasl.jaas.config",
          "ssl.truststore.location",
          "ssl.truststore.password",
          "ssl.truststore.type",
          "ssl.keystore.location",
          "ssl.keystore.password",
          "ssl.keystore.type",
          "ssl.key.password",
          "client.dns.lookup",
          "request.timeout.ms",
          "session.timeout.ms",
          "compression.type");

  private KafkaSection() {}

  static KafkaSettings read(Section top) {
    try (Section section = top.section("kafka")) {
      var properties = new HashMap<String, String>();
      properties.put(
          "bootstrap.servers", section.text("bootstrap.servers", "host:port of a broker"));
      Duration retention = duration(section, "retention", Duration.ofDays(7));
      int replication = section.number("replication.factor", 1, 32, 1);
      section
          .remaining()
          .forEach(
              (key, value) -> {
                Optional<String> near =
                    OFTEN_USED.contains(key) ? Optional.empty() : Spelling.nearest(key, OFTEN_USED);
                if (OURS.contains(key)) {
                  section.problem(
                      key, "is set by Crossfade itself, to keep its promises", "remove it");
                } else if (near.isPresent() && Spelling.distance(key, near.get()) <= 2) {
                  section.problem(
                      key,
                      "is not a property of Kafka's clients",
                      "perhaps " + near.get() + " was meant");
                } else {
                  properties.put(key, value);
                }
              });
      return new KafkaSettings(properties, retention, (short) replication);
    }
  }

  private static Duration duration(Section section, String key, Duration absent) {
    Optional<String> text = section.optionalText(key);
    if (text.isEmpty()) {
      return absent;
    }
    Matcher matcher = DURATION.matcher(text.get().strip());
    if (matcher.matches()) {
      long number = Long.parseLong(matcher.group(1));
      Duration found =
          switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
          };
      if (found.compareTo(Duration.ofMinutes(1)) >= 0) {
        return found;
      }
    }
    section.problem(
        key,
        "is \"" + section.shown(key) + "\"",
        "set it to a minute or more, written like 7d, 12h or 30m");
    return absent;
  }
}
