package dev.crossfade.source.postgresql;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.TableName;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** The SQL that makes a PostgreSQL database fit to be captured, with the least that it takes. */
final class SetupScript {
  private final PostgresSettings settings;

  SetupScript(PostgresSettings settings) {
    this.settings = settings;
  }

  /**
   * @param catalog empty if the source cannot be asked yet
   */
  String write(List<CapturedTable> captured, Optional<List<Catalog.Table>> catalog) {
    var tables = new TreeSet<TableName>();
    captured.forEach(table -> tables.add(table.name()));
    var schemas = new TreeSet<String>();
    tables.forEach(table -> schemas.add(table.schema()));
    String role = Database.quote(settings.user());
    var sql = new StringBuilder();
    sql.append(
        """
        -- Source %s: run once as a superuser in the database of %s.
        -- These settings need a restart of the server where they differ:
        --   ALTER SYSTEM SET wal_level = 'logical';
        --   ALTER SYSTEM SET max_replication_slots = 10;   -- one for Crossfade
        --   ALTER SYSTEM SET max_wal_senders = 10;         -- two for Crossfade
        -- This one bounds the log that is kept while Crossfade is down; when it is exceeded, a new load is needed:
        --   ALTER SYSTEM SET max_slot_wal_keep_size = '50GB';

        """
            .formatted(settings.name(), settings.jdbcUrl()));
    sql.append(
        """
        -- Crossfade reads the captured tables and their log, and writes nothing but markers into the log.
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %s) THEN
            CREATE ROLE %s LOGIN;  -- then set its password: \\password %s
          END IF;
        END $$;
        ALTER ROLE %s REPLICATION;
        """
            .formatted(Database.literal(settings.user()), role, settings.user(), role));
    schemas.forEach(
        schema ->
            sql.append(
                "GRANT USAGE ON SCHEMA %s TO %s;\n".formatted(Database.quote(schema), role)));
    tables.forEach(
        table -> sql.append("GRANT SELECT ON %s TO %s;\n".formatted(Database.quote(table), role)));
    sql.append('\n');
    if (catalog.isPresent()) {
      catalog.get().forEach(table -> alter(table, sql));
    } else {
      sql.append("-- The source could not be asked; run this command again once it can, for what");
      sql.append(" its tables need.\n");
    }
    String list = String.join(", ", tables.stream().map(Database::quote).toList());
    String name = Database.quote(settings.slot());
    sql.append(
        """
        DO $$ BEGIN
          IF EXISTS (SELECT FROM pg_publication WHERE pubname = %s) THEN
            ALTER PUBLICATION %s SET TABLE %s;
          ELSE
            CREATE PUBLICATION %s FOR TABLE %s;
          END IF;
        END $$;
        -- The slot %s is made by Crossfade when it loads.
        """
            .formatted(Database.literal(settings.slot()), name, list, name, list, settings.slot()));
    return sql.toString();
  }

  private static void alter(Catalog.Table table, StringBuilder sql) {
    String name = Database.quote(table.name());
    boolean index =
        table.replicaIdentity().equals("i") && !table.identity().containsAll(table.primaryKey());
    if (table.primaryKey().isEmpty()) {
      sql.append("-- ")
          .append(table.name())
          .append(" needs a primary key before it can be captured.\n");
    }
    if (table.replicaIdentity().equals("n") || index) {
      sql.append("ALTER TABLE ").append(name).append(" REPLICA IDENTITY DEFAULT;\n");
    }
    if (!table.persistence().equals("p")) {
      sql.append("ALTER TABLE ").append(name).append(" SET LOGGED;\n");
    }
  }
}
