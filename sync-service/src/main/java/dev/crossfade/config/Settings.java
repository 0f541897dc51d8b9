package dev.crossfade.config;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.source.postgresql.PostgresSettings;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Everything that a person configures, checked. Immutable.
 *
 * @param file where it was read from, for messages
 * @param stores by name, in the file's order
 * @param domains in the file's order
 */
public record Settings(
    Path file,
    PostgresSettings source,
    Map<String, DatabaseSettings> stores,
    DatabaseSettings control,
    KafkaSettings kafka,
    List<Domain> domains,
    HttpSettings http) {

  /**
   * @param host the address to listen on
   * @param port 0 for any free one
   */
  public record HttpSettings(String host, int port) {}

  public Settings {
    stores = Collections.unmodifiableMap(new LinkedHashMap<>(stores));
    domains = List.copyOf(domains);
  }

  public DatabaseSettings storeOf(Domain domain) {
    return stores.get(domain.store());
  }

  /** Whether the pool of the domain's store has two connections for each domain. */
  public boolean twoConnections(Domain domain) {
    long sharing = domains.stream().filter(d -> d.store().equals(domain.store())).count();
    return storeOf(domain).pool() >= 2 * sharing;
  }

  /**
   * The captured tables of all domains, each once. Domains may take different columns of one table:
   * what leaves the source is what any of them takes.
   */
  public List<CapturedTable> capturedTables() {
    var merged = new LinkedHashMap<Object, CapturedTable>();
    for (Domain domain : domains) {
      for (CapturedTable table : domain.tables()) {
        merged.merge(table.name(), table, Settings::union);
      }
    }
    return List.copyOf(merged.values());
  }

  private static CapturedTable union(CapturedTable one, CapturedTable other) {
    var columns = new LinkedHashSet<String>();
    if (!one.columns().isEmpty() && !other.columns().isEmpty()) {
      columns.addAll(one.columns());
      columns.addAll(other.columns());
      // The union may carry one role only, so the other's aggregate column has to be named.
      for (CapturedTable table : List.of(one, other)) {
        if (table.role() instanceof CapturedTable.Aggregate aggregate) {
          columns.add(aggregate.column());
        }
      }
    }
    var sensitive = new LinkedHashSet<>(one.sensitive());
    sensitive.addAll(other.sensitive());
    var role = one.role() instanceof CapturedTable.Aggregate ? one.role() : other.role();
    return new CapturedTable(one.name(), role, List.copyOf(columns), sensitive);
  }
}
