package dev.crossfade.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServersTest {
  @Test
  void whatIsCommittedSurvivesAKillOnTheSamePort() throws Exception {
    Path dir = Servers.freshFolder("a path with spaces").resolve("pg");
    try (PostgresServer server = PostgresServer.start(dir, 0, Map.of("wal_level", "logical"))) {
      int port = server.port();
      server.createDatabase("shop");
      server.execute("shop", "create table t (a int); insert into t values (7)");
      server.kill();
      assertTrue(Ports.isFree(port));
      server.restart();
      assertEquals(port, server.port());
      try (Connection connection = server.connect("shop");
          Statement statement = connection.createStatement()) {
        assertEquals("7", one(statement, "select a from t"));
        assertEquals("logical", one(statement, "show wal_level"));
        assertEquals("on", one(statement, "show fsync"));
        assertEquals("on", one(statement, "show synchronous_commit"));
      }
    }
  }

  @Test
  void aConnectionIsUsedAgainUntilItsSessionHasEndedOrAUseHasFailed() throws Exception {
    PostgresServer server = Servers.legacy();
    String first = session(server);
    assertEquals(first, session(server));
    server.execute("postgres", "select pg_terminate_backend(" + first + ", 60000)");
    String second = session(server);
    assertNotEquals(first, second);
    assertThrows(
        SQLException.class,
        () -> server.use("postgres", connection -> connection.createStatement().execute("no")));
    assertNotEquals(second, session(server));
  }

  private static String session(PostgresServer server) throws SQLException {
    return server.use(
        "postgres",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            return one(statement, "select pg_backend_pid()");
          }
        });
  }

  @Test
  void aWrongPasswordIsRefused() {
    PostgresServer server = Servers.legacy();
    SQLException refused =
        assertThrows(
            SQLException.class,
            () -> DriverManager.getConnection(server.jdbcUrl("postgres"), "postgres", "wrong"));
    assertEquals("28P01", refused.getSQLState());
  }

  @Test
  void anOrphanOnTheDataFolderIsEndedBeforeAStart() throws Exception {
    Path dir = Servers.freshFolder("orphan");
    PostgresServer orphan = PostgresServer.start(dir, 0, Map.of());
    long pid = orphan.pid();
    try (PostgresServer server = PostgresServer.start(dir, 0, Map.of())) {
      assertFalse(ProcessHandle.of(pid).isPresent());
      assertEquals(orphan.port(), server.port());
    }
  }

  @Test
  void aBrokerRestartsOnItsPort() {
    Path dir = Servers.freshFolder("a broker");
    try (KafkaServer server = KafkaServer.start(dir, 0)) {
      String address = server.bootstrapServers();
      server.kill();
      server.restart();
      assertEquals(address, server.bootstrapServers());
      assertTrue(Files.exists(dir.resolve("data").resolve("meta.properties")));
    }
  }

  private static String one(Statement statement, String sql) throws SQLException {
    try (ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  @Test
  void anInstalledPostgresqlThatIsNoneIsNamedWithTheWayOut() throws Exception {
    Path none = Servers.freshFolder("none");
    String said =
        assertThrows(LabException.class, () -> PostgresBinaries.installed(none)).getMessage();
    assertTrue(said.contains(none.resolve("bin/postgres").toString()), said);
    assertTrue(said.contains("unset"), said);
  }
}
