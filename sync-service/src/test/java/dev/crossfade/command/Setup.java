package dev.crossfade.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import picocli.CommandLine;

/** A user's own databases: what a person has before Crossfade comes, and the files they write. */
public final class Setup {
  public final String source = Servers.freshName("shop");
  public final String domain = Servers.freshName("thing");
  public final String captureRole = Servers.freshName("capture");
  public final String applyRole = Servers.freshName("apply");
  public final PostgresServer legacy;
  public final PostgresServer stores = Servers.stores();
  public final String legacyDatabase;
  public final String storeDatabase = Servers.freshDatabase(stores, "store");
  public final String controlDatabase = Servers.freshDatabase(stores, "control");
  public final Path folder = Servers.freshFolder("setup");
  public final Path config = folder.resolve("crossfade.yml");

  public record Result(int code, String out, String err) {
    public JsonNode json() throws IOException {
      return new ObjectMapper().readTree(out);
    }
  }

  public Setup() throws IOException {
    this(Servers.legacy());
  }

  public Setup(PostgresServer legacy) throws IOException {
    this.legacy = legacy;
    this.legacyDatabase = Servers.freshDatabase(legacy, "legacy");
    legacy.execute(
        legacyDatabase,
        """
        create table things (id int primary key, label text not null, owner_name text);
        insert into things values (1, 'lamp', 'Ada'), (2, 'chair', 'Bob');
        """);
    stores.execute(
        storeDatabase,
        "create table items (item_id int primary key, name text not null, owner text);");
    Path folderOfDomain = Files.createDirectories(folder.resolve("thing"));
    Files.writeString(
        folderOfDomain.resolve("domain.yml"),
        """
        domain: %s
        store: item-store
        tables: { things: { aggregate: id } }
        targets: { items: { select: items.sql, key: [item_id], aggregate: item_id, per: things } }
        sensitive: { things: [owner_name] }
        """
            .formatted(domain));
    Files.writeString(
        folderOfDomain.resolve("items.sql"),
        "SELECT id AS item_id, upper(label) AS name, owner_name AS owner FROM %s.things WHERE id = any(:keys)"
            .formatted(source));
    Files.writeString(
        config,
        """
        sources: { %s: { kind: postgresql, url: "%s", user: %s, password: secret } }
        stores: { item-store: { url: "%s", user: %s, password: secret } }
        control: { url: "%s", user: %s, password: secret }
        kafka: { bootstrap.servers: "%s" }
        domains: [ thing ]
        http: { port: 0 }
        """
            .formatted(
                source,
                legacy.jdbcUrl(legacyDatabase),
                captureRole,
                stores.jdbcUrl(storeDatabase),
                applyRole,
                stores.jdbcUrl(controlDatabase),
                applyRole,
                Servers.kafka().bootstrapServers()));
  }

  /** Runs the scripts that init prints, as an administrator does, and nothing else. */
  public Setup initialised() throws IOException {
    JsonNode scripts = crossfade("init", "--json").json();
    legacy.execute(legacyDatabase, scripts.path("source").path("sql").asText());
    legacy.execute(legacyDatabase, "alter role " + captureRole + " password 'secret'");
    stores.execute(controlDatabase, scripts.path("control").path("sql").asText());
    stores.execute(storeDatabase, scripts.path("item-store").path("sql").asText());
    stores.execute(storeDatabase, "alter role " + applyRole + " password 'secret'");
    return this;
  }

  /** Frees the slot, of which a server has few. */
  public void takenAway() {
    legacy.execute(
        legacyDatabase,
        """
        select pg_terminate_backend(active_pid) from pg_replication_slots
        where slot_name = 'crossfade_%1$s' and active_pid is not null;
        select pg_drop_replication_slot(slot_name) from pg_replication_slots
        where slot_name = 'crossfade_%1$s';
        """
            .formatted(source));
  }

  public void replace(String what, String by) throws IOException {
    replace("crossfade.yml", what, by);
  }

  /** Changes a file of the configuration, as a person does by mistake. */
  public void replace(String file, String what, String by) throws IOException {
    Path path = folder.resolve(file);
    String text = Files.readString(path);
    if (!text.contains(what)) {
      throw new IllegalArgumentException(file + " has no " + what);
    }
    Files.writeString(path, text.replace(what, by));
  }

  public Result crossfade(String command, String... more) {
    var out = new StringWriter();
    var err = new StringWriter();
    CommandLine line =
        Crossfade.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] arguments = new String[more.length + 3];
    arguments[0] = command;
    arguments[1] = "--config";
    arguments[2] = config.toString();
    System.arraycopy(more, 0, arguments, 3, more.length);
    return new Result(line.execute(arguments), out.toString(), err.toString());
  }

  public static String one(PostgresServer server, String database, String sql) throws SQLException {
    return server.use(
        database,
        connection -> {
          try (Statement statement = connection.createStatement();
              ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "";
          }
        });
  }
}
