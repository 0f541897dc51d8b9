package dev.crossfade.setup;

import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.domain.Domain;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.publish.PublishException;
import dev.crossfade.publish.Topics;
import dev.crossfade.source.Problem;
import dev.crossfade.source.postgresql.PostgresSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;

/**
 * Whether something can be reached at all. What waiting may cure is told from what only a person
 * can cure: that decides between another try and the end of the process.
 */
sealed interface Reach {
  record Reached() implements Reach {}

  /** Nobody answers, or the server is still starting. */
  record Away(Problem problem) implements Reach {}

  /** Somebody answers and refuses. */
  record Refused(Problem problem) implements Reach {}

  static Reach source(PostgresSettings source) {
    return postgres(
        "sources." + source.name(),
        source.jdbcUrl(),
        source.user(),
        source.password(),
        source.properties());
  }

  static Reach database(String key, DatabaseSettings database) {
    return postgres(
        key, database.url(), database.user(), database.password(), database.properties());
  }

  private static Reach postgres(
      String key, String url, String user, String password, Map<String, String> properties) {
    Properties all = Pools.driverProperties(properties, "check");
    all.setProperty("user", user);
    all.setProperty("password", password);
    try (Connection connection = DriverManager.getConnection(url, all)) {
      return connection.isValid(5)
          ? new Reached()
          : new Away(new Problem(key, "does not answer at " + url, "see whether it is well"));
    } catch (SQLException e) {
      String state = String.valueOf(e.getSQLState());
      return switch (state) {
        case "28P01" ->
            new Refused(
                new Problem(
                    key,
                    "refuses the password of " + user + " at " + url,
                    "correct " + key + ".password, or the variable that it refers to"));
        case "28000" ->
            new Refused(
                new Problem(
                    key,
                    "does not let " + user + " in at " + url + " (" + oneLine(e) + ")",
                    "create the role, or let it in by pg_hba.conf"));
        case "3D000" ->
            new Refused(
                new Problem(
                    key,
                    "names a database that does not exist: " + url,
                    "create the database or correct " + key + ".url"));
        case "08004" ->
            new Refused(
                new Problem(
                    key,
                    "refuses the connection at " + url + " (" + oneLine(e) + ")",
                    "correct user, password and properties of " + key));
        default ->
            new Away(
                new Problem(
                    key,
                    "cannot be reached at " + url + " (" + oneLine(e) + ")",
                    "start it, or correct " + key + ".url"));
      };
    }
  }

  /** Whether a broker lets us in; what its topics are like is looked at later. */
  static Reach kafka(KafkaSettings kafka, List<Domain> domains) {
    String servers = kafka.properties().get("bootstrap.servers");
    if (!servers.matches("\\s*[^\\s,]+:\\d+\\s*(,\\s*[^\\s,]+:\\d+\\s*)*")) {
      return new Refused(
          new Problem(
              "kafka.bootstrap.servers",
              "is \"" + servers + "\"",
              "write host:port, several of them with commas"));
    }
    if (Arrays.stream(servers.split(",")).noneMatch(Reach::listens)) {
      return new Away(
          new Problem(
              "kafka.bootstrap.servers",
              "cannot be reached at " + servers,
              "start the broker, or correct the address"));
    }
    try (var topics = new Topics(kafka)) {
      topics.ids(domains);
      return new Reached();
    } catch (PublishException e) {
      String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      if (e.getCause() instanceof AuthenticationException
          || e.getCause() instanceof AuthorizationException) {
        return new Refused(
            new Problem(
                "kafka",
                "does not let Crossfade in at " + servers + " (" + reason + ")",
                "correct the keys security.protocol, sasl.* and ssl.* of kafka"));
      }
      return new Away(
          new Problem(
              "kafka",
              "does not answer at " + servers + " (" + reason + ")",
              "see whether the broker is well and security.protocol is the listener's"));
    } catch (KafkaException e) {
      return new Refused(
          new Problem(
              "kafka",
              "cannot be used as configured (" + e.getMessage() + ")",
              "correct its keys"));
    }
  }

  private static boolean listens(String server) {
    int colon = server.lastIndexOf(':');
    try (var socket = new Socket()) {
      int port = Integer.parseInt(server.substring(colon + 1).strip());
      socket.connect(new InetSocketAddress(server.substring(0, colon).strip(), port), 3_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String oneLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("no message");
  }
}
