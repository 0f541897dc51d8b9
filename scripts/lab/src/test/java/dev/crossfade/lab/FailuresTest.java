package dev.crossfade.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the lab can break is broken, and whole again afterwards. */
class FailuresTest {
  private static Connection through(TcpProxy proxy) throws SQLException {
    PostgresServer server = Servers.stores();
    Properties properties = new Properties();
    properties.setProperty("user", server.user());
    properties.setProperty("password", server.password());
    properties.setProperty("socketTimeout", "1");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/postgres", properties);
  }

  private static void ask(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("select 1");
    }
  }

  @Test
  void aBlackHoleSwallowsOldAndNewConnectionsWithoutAWord() throws Exception {
    try (var proxy = new TcpProxy(Servers.stores().port(), 1);
        Connection open = through(proxy)) {
      ask(open);
      proxy.blackHole();
      SQLException silent = assertThrows(SQLException.class, () -> ask(open));
      assertTrue(silent.getCause() instanceof SocketTimeoutException, silent::toString);
      SQLException alsoSilent = assertThrows(SQLException.class, () -> through(proxy));
      assertTrue(alsoSilent.getCause() instanceof SocketTimeoutException, alsoSilent::toString);
      proxy.heal();
      try (Connection again = through(proxy)) {
        ask(again);
      }
    }
  }

  @Test
  void aCutResetsConnections() throws Exception {
    try (var proxy = new TcpProxy(Servers.stores().port(), 1);
        Connection open = through(proxy)) {
      ask(open);
      proxy.cut();
      SQLException reset = assertThrows(SQLException.class, () -> ask(open));
      assertTrue(reset.getCause() instanceof SocketException, reset::toString);
      try (Connection again = through(proxy)) {
        ask(again);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = SmallDisk.class,
      names = {"TMPFS", "LIMIT"})
  void aFullDiskTakesNoMoreRowsUntilItIsFreed(SmallDisk disk) throws Exception {
    Path dir = Servers.freshFolder("disk");
    SmallDisk possible =
        disk == SmallDisk.TMPFS
            ? SmallDisk.best(java.nio.file.Files.createDirectories(dir.resolve("small")))
            : disk;
    try (PostgresServer server = PostgresServer.startWithSmallDisk(dir, possible)) {
      server.execute("postgres", "create database here tablespace small");
      server.execute(
          "here", "create table t (b bytea); alter table t alter b set storage external");
      String rows =
          "insert into t select decode(repeat('ab', 100000), 'hex') from generate_series(1, 20)";
      server.fillDisk();
      LabException full = assertThrows(LabException.class, () -> server.execute("here", rows));
      assertEquals(server.diskFullState(), ((SQLException) full.getCause()).getSQLState());
      server.freeDisk();
      server.execute("here", rows);
    }
  }
}
