package dev.crossfade.setup;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.store.Quote;
import java.util.List;
import java.util.TreeSet;

/** The SQL that an administrator of a store runs once. */
public final class StoreScript {
  private StoreScript() {}

  /**
   * The role that applies, with no more than it needs.
   *
   * @param domains those that live in this store
   */
  public static String of(DatabaseSettings store, List<Domain> domains) {
    String role = Quote.name(store.user());
    var sql = new StringBuilder(role(store));
    var schemas = new TreeSet<String>();
    boolean suppress = false;
    for (Domain domain : domains) {
      for (Target target : domain.targets()) {
        int dot = target.table().indexOf('.');
        schemas.add(dot < 0 ? "public" : target.table().substring(0, dot));
        suppress |= target.triggers() == Target.Triggers.SUPPRESS;
      }
    }
    schemas.forEach(
        schema ->
            sql.append("grant usage on schema %s to %s;%n".formatted(Quote.name(schema), role)));
    for (Domain domain : domains) {
      for (Target target : domain.targets()) {
        sql.append(
            "grant select, insert, update, delete on %s to %s;%n"
                .formatted(Quote.table(target.table()), role));
      }
    }
    if (suppress) {
      sql.append(
          "-- for triggers: suppress; PostgreSQL 14 allows that to a superuser only\n"
              + "grant set on parameter session_replication_role to %s;%n".formatted(role));
    }
    return sql.toString();
  }

  /** The role that keeps the control database. */
  public static String ofControl(DatabaseSettings control) {
    return role(control);
  }

  private static String role(DatabaseSettings database) {
    String literal = "'" + database.user().replace("'", "''") + "'";
    return """
        do $$
        begin
          if not exists (select from pg_roles where rolname = %2$s) then
            create role %1$s login;  -- then give it its password: alter role %1$s password '…'
          end if;
          -- for the schema crossfade and the mirror's schema, which it creates itself
          execute format('grant connect, create, temporary on database %%I to %%I', current_database(), %2$s);
        end $$;
        """
        .formatted(Quote.name(database.user()), literal);
  }
}
