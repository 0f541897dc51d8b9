package dev.crossfade.tables;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.control.ControlDatabase;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class OwnTablesTest {
  private static final OwnTables TABLES = ControlDatabase.TABLES;

  @Test
  void whatIsThereIsLeftAlone() throws Exception {
    PGSimpleDataSource database = database();
    assertFalse(TABLES.there(database));
    TABLES.ensure(database);
    assertTrue(TABLES.there(database));
    // Flyway would refuse a script that is another one than it was
    sql(database, "update crossfade.flyway_control set checksum = 1 where version = '1'");
    TABLES.ensure(database);
    assertThrows(FlywayException.class, () -> TABLES.flyway(database).load().migrate());
  }

  @Test
  void theTablesOfTheReleaseBeforeAreUpgraded() throws Exception {
    PGSimpleDataSource database = database();
    TABLES.flyway(database).target("1").load().migrate();
    assertFalse(TABLES.there(database));
    TABLES.ensure(database);
    assertTrue(TABLES.there(database));
  }

  @Test
  void aScriptThatFailedIsFlywaysToTell() throws Exception {
    PGSimpleDataSource database = database();
    TABLES.ensure(database);
    sql(database, "update crossfade.flyway_control set success = false where version = '1'");
    assertFalse(TABLES.there(database));
    assertThrows(FlywayException.class, () -> TABLES.ensure(database));
  }

  @Test
  void theScriptsThatAreNamedAreThoseThatThereAre() throws Exception {
    MigrationInfo[] found = TABLES.flyway(database()).load().info().all();
    assertEquals(TABLES.scripts(), Arrays.stream(found).map(MigrationInfo::getScript).toList());
    assertEquals(
        List.of("/crossfade/control/" + TABLES.scripts().get(0)), TABLES.resources().subList(0, 1));
  }

  private static void sql(PGSimpleDataSource database, String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      assertEquals(1, statement.executeUpdate(sql));
    }
  }

  private static PGSimpleDataSource database() throws SQLException {
    PostgresServer server = Servers.stores();
    var database = new PGSimpleDataSource();
    database.setUrl(server.jdbcUrl(Servers.freshDatabase(server, "tables")));
    database.setUser(server.user());
    database.setPassword(server.password());
    return database;
  }
}
