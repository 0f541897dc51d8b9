package dev.crossfade.store;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class StoreSchemaTest {
  /** In the middle of a replay, too: what was deleted last may be behind what was applied last. */
  @Test
  void aStoreOfTheReleaseBeforeIsToldHowFarItWas() throws Exception {
    PGSimpleDataSource store = database();
    StoreSchema.TABLES.flyway(store).target("1").load().migrate();
    try (Connection connection = store.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          """
          insert into crossfade.progress (domain, epoch, base, lsn)
          values ('follows', 2, '0/A0', '0/A8'), ('replays', 2, '0/20', '0/28'), ('new', 0, '0/0', '0/0');
          insert into crossfade.deleted (table_name, key, epoch, base, lsn)
          values ('public.t', '1', 2, '0/50', '0/60'), ('public.t', '2', 1, '0/F0', '0/F8')
          """);
      StoreSchema.migrate(store);
      assertEquals(
          List.of("follows 2 0/A0 0/A8", "new 2 0/50 0/60", "replays 2 0/50 0/60"),
          rows(
              statement,
              "select concat_ws(' ', domain, furthest_epoch, furthest_base, furthest_lsn) from crossfade.progress order by 1"));
    }
  }

  /** What a check makes for itself is what the service has. */
  @Test
  void bothWaysMakeTheSameTables() throws Exception {
    PGSimpleDataSource migrated = database();
    StoreSchema.migrate(migrated);
    PGSimpleDataSource within = database();
    try (Connection one = migrated.getConnection();
        Connection other = within.getConnection();
        Statement ofOne = one.createStatement();
        Statement ofOther = other.createStatement()) {
      StoreSchema.createWithin(other);
      String columns =
          """
          select concat_ws(' ', table_name, column_name, data_type, column_default)
          from information_schema.columns where table_schema = 'crossfade' and table_name <> 'flyway_store'
          order by 1
          """;
      assertEquals(rows(ofOne, columns), rows(ofOther, columns));
    }
  }

  @Test
  void theScriptsThatAreNamedAreThoseThatThereAre() throws Exception {
    MigrationInfo[] found = StoreSchema.TABLES.flyway(database()).load().info().all();
    assertEquals(
        StoreSchema.TABLES.scripts(), Arrays.stream(found).map(MigrationInfo::getScript).toList());
  }

  private static PGSimpleDataSource database() throws SQLException {
    PostgresServer server = Servers.stores();
    var store = new PGSimpleDataSource();
    store.setUrl(server.jdbcUrl(Servers.freshDatabase(server, "store")));
    store.setUser(server.user());
    store.setPassword(server.password());
    return store;
  }

  private static List<String> rows(Statement statement, String sql) throws SQLException {
    var rows = new ArrayList<String>();
    try (ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }
}
