package dev.crossfade.setup;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.config.Settings;
import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.store.Quote;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The SQL that takes the rights of Crossfade's roles away again, which only an administrator can:
 * what {@code init} made them grant. Roles are not dropped by it, as they may have other uses; the
 * server lets a role be dropped once it has no rights left.
 */
public final class Farewell {
  private Farewell() {}

  /** A script for each database: source, control, and the stores by their names. */
  public static Map<String, String> of(Settings settings) {
    var scripts = new LinkedHashMap<String, String>();
    var captured = new LinkedHashSet<String>();
    for (CapturedTable table : settings.capturedTables()) {
      captured.add(table.name().schema() + "." + table.name().table());
    }
    String role = Quote.name(settings.source().user());
    scripts.put(
        "source",
        tables(captured, "select", role)
            + "alter role %s noreplication;%n".formatted(role)
            + last(settings.source().user()));
    scripts.put("control", database(settings.control()));
    for (DatabaseSettings store : settings.stores().values()) {
      var targets = new LinkedHashSet<String>();
      for (Domain domain : settings.domains()) {
        if (domain.store().equals(store.name())) {
          domain.targets().stream().map(Target::table).forEach(targets::add);
        }
      }
      scripts.put(
          store.name(),
          tables(targets, "select, insert, update, delete", Quote.name(store.user()))
              + database(store));
    }
    return scripts;
  }

  private static String tables(Set<String> tables, String rights, String role) {
    var sql = new StringBuilder();
    var schemas = new TreeSet<String>();
    for (String table : tables) {
      int dot = table.indexOf('.');
      schemas.add(dot < 0 ? "public" : table.substring(0, dot));
      sql.append("revoke %s on %s from %s;%n".formatted(rights, Quote.table(table), role));
    }
    for (String schema : List.copyOf(schemas)) {
      sql.append("revoke usage on schema %s from %s;%n".formatted(Quote.name(schema), role));
    }
    return sql.toString();
  }

  private static String database(DatabaseSettings database) {
    return """
        do $$ begin
          execute format('revoke connect, create, temporary on database %%I from %%I', current_database(), %s);
        end $$;
        """
            .formatted("'" + database.user().replace("'", "''") + "'")
        + last(database.user());
  }

  private static String last(String role) {
    return "-- when nothing else uses it: drop role %s;%n".formatted(Quote.name(role));
  }
}
