package dev.crossfade.domain;

import dev.crossfade.event.TableName;
import java.util.List;
import java.util.Optional;

/**
 * One flow's worth of work: which tables it captures, into which store, and what it derives there.
 *
 * @param targets parents before children: rows are written in this order and deleted in reverse
 */
public record Domain(String name, String store, List<CapturedTable> tables, List<Target> targets) {
  public Domain {
    tables = List.copyOf(tables);
    targets = List.copyOf(targets);
    if (!name.matches("[a-z][a-z0-9_]{0,40}")) {
      throw new IllegalArgumentException(
          "a domain's name is lower-case letters, digits and _, found \"" + name + "\"");
    }
  }

  /** The Kafka topic that holds this domain's history, one partition. */
  public String topic() {
    return "crossfade." + name;
  }

  /** The Kafka consumer group that applies this domain. */
  public String group() {
    return "crossfade-" + name;
  }

  public Optional<CapturedTable> table(TableName table) {
    for (CapturedTable captured : tables) { // for each change: no stream
      if (captured.name().equals(table)) {
        return Optional.of(captured);
      }
    }
    return Optional.empty();
  }
}
