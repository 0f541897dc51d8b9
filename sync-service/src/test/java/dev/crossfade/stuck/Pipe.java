package dev.crossfade.stuck;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.config.DatabaseSettings;
import dev.crossfade.config.Settings;
import dev.crossfade.config.SettingsFile;
import dev.crossfade.domain.Domain;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.http.HttpEdge;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import dev.crossfade.setup.StoreScript;
import dev.crossfade.source.postgresql.PostgresSource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One legacy table that flows into several stores, each a domain of its own, with roles that may do
 * no more than they must. One process captures and another applies, so that each has to see by
 * itself that the pipe is stuck. Every store keeps a record of each write of a row.
 */
final class Pipe implements AutoCloseable {
  private static final String SECRET = "secret";

  /** Where a store is. */
  record Place(PostgresServer server, String database) {}

  final PostgresServer legacy = Servers.legacy();
  final String legacyDatabase = Servers.freshDatabase(legacy, "legacy");
  final String source = Servers.freshName("shop");
  final PostgresServer control;
  final String controlDatabase;
  final String captureRole = Servers.freshName("capture");
  final String applyRole = Servers.freshName("apply");
  final Map<String, Place> stores = new LinkedHashMap<>();
  private final Path folder = Servers.freshFolder("pipe");
  private final int sourcePort;
  private final List<Runnable> closers = new ArrayList<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private int last;

  /**
   * @param sourcePort where Crossfade finds the legacy database: a proxy's port, or its own
   */
  Pipe(PostgresServer control, int sourcePort) {
    this.control = control;
    this.controlDatabase = Servers.freshDatabase(control, "control");
    this.sourcePort = sourcePort;
    legacy.execute(legacyDatabase, "create table things (id int primary key, label text not null)");
    trafficInLegacy(3, 10);
  }

  /** Adds a store; its domain has a name that no other run of the pipe has. */
  Pipe store(String name, PostgresServer server, String options) throws IOException {
    String database = Servers.freshName(name);
    server.execute("postgres", "create database " + database + " " + options);
    stores.put(name, new Place(server, database));
    server.execute(
        database,
        """
        create table items (item_id int primary key, name text not null);
        create table written (item_id int, name text);
        create function record() returns trigger language plpgsql security definer as
        'begin insert into written values (new.item_id, md5(new.name)); return new; end';
        create trigger record after insert or update on items for each row execute function record();
        """);
    Path domain = Files.createDirectories(folder.resolve(name));
    Files.writeString(
        domain.resolve("domain.yml"),
        """
        domain: %s
        store: %s
        tables: { things: { aggregate: id } }
        targets: { items: { select: items.sql, key: [item_id], aggregate: item_id, per: things, triggers: run } }
        """
            .formatted(domain(name), name));
    Files.writeString(
        domain.resolve("items.sql"),
        "SELECT id AS item_id, upper(label) AS name FROM %s.things WHERE id = any(:keys)"
            .formatted(source));
    return this;
  }

  String domain(String store) {
    return store + "_" + source;
  }

  Settings settings() throws IOException {
    var text = new StringBuilder();
    text.append("sources: { %s: { kind: postgresql, ".formatted(source));
    text.append(
        database(
            "jdbc:postgresql://127.0.0.1:%d/%s".formatted(sourcePort, legacyDatabase),
            captureRole));
    text.append(" } }\nstores:\n");
    stores.forEach(
        (name, place) ->
            text.append(
                "  %s: { %s }%n"
                    .formatted(
                        name, database(place.server().jdbcUrl(place.database()), applyRole))));
    text.append(
        "control: { %s }%n".formatted(database(control.jdbcUrl(controlDatabase), applyRole)));
    text.append(
        "kafka: { bootstrap.servers: \"%s\" }%n".formatted(Servers.kafka().bootstrapServers()));
    text.append("domains: [ %s ]%n".formatted(String.join(", ", stores.keySet())));
    text.append("http: { port: 0 }\n");
    Path file = folder.resolve("crossfade.yml");
    Files.writeString(file, text);
    return SettingsFile.read(file, Map.of());
  }

  private static String database(String url, String role) {
    return "url: \"%s\", user: %s, password: %s".formatted(url, role, SECRET);
  }

  /** What an administrator runs once. */
  Pipe initialised() throws IOException {
    Settings settings = settings();
    try (var captured = new PostgresSource(settings.source())) {
      legacy.execute(legacyDatabase, captured.setupScript(settings.capturedTables()));
    }
    password(legacy, captureRole);
    control.execute(controlDatabase, StoreScript.ofControl(settings.control()));
    password(control, applyRole);
    for (Domain domain : settings.domains()) {
      DatabaseSettings store = settings.storeOf(domain);
      Place place = stores.get(store.name());
      place.server().execute(place.database(), StoreScript.of(store, List.of(domain)));
      password(place.server(), applyRole);
    }
    return this;
  }

  private static void password(PostgresServer server, String role) {
    server.execute("postgres", "alter role %s password '%s'".formatted(role, SECRET));
  }

  /** Starts a process with these roles, and its HTTP server. */
  Process process(String instance, Role... roles) throws Exception {
    var service = new Service(settings(), Set.of(roles), instance);
    closers.add(0, service::close);
    HttpEdge edge = HttpEdge.start(service);
    closers.add(0, edge::close);
    List<?> problems = service.start();
    if (!problems.isEmpty()) {
      throw new AssertionError(problems);
    }
    return new Process(service, edge);
  }

  final class Process {
    final Service service;
    private final HttpEdge edge;

    private Process(Service service, HttpEdge edge) {
      this.service = service;
      this.edge = edge;
    }

    boolean ready() throws Exception {
      return get("/health/readiness").statusCode() == 200;
    }

    JsonNode status() throws Exception {
      return new ObjectMapper().readTree(get("/api/status").body());
    }

    String metrics() throws Exception {
      return get("/prometheus").body();
    }

    private HttpResponse<String> get(String path) throws Exception {
      return http.send(
          HttpRequest.newBuilder(URI.create(edge.url() + path))
              .timeout(Duration.ofSeconds(5))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  /** New rows and a change of an old one; every label is another, so no write may come twice. */
  void trafficInLegacy(int rows, int length) {
    legacy.execute(
        legacyDatabase,
        """
        insert into things
        select n, n || ' new ' || (select string_agg(md5(n || '-' || k), '') from generate_series(0, %3$d / 32) k)
        from generate_series(%1$d, %2$d) n;
        update things set label = id || ' changed when there were %2$d' where id = %1$d;
        """
            .formatted(last + 1, last + rows, length));
    last += rows;
  }

  /** Writes a fence into the legacy database itself and returns its id. */
  String fence() {
    String id = Servers.freshName("fence");
    legacy.execute(
        legacyDatabase,
        """
        select pg_logical_emit_message(true, 'crossfade', json_build_object('id', '%s', 'kind', 'fence',
          'ts', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text)
        """
            .formatted(id));
    return id;
  }

  /** The stores that a fence is not through yet. */
  List<String> before(String fence) {
    var waiting = new ArrayList<String>();
    stores.forEach(
        (name, place) -> {
          try {
            if (rows(name, "select 1 from crossfade.marker where id = '" + fence + "'").isEmpty()) {
              waiting.add(name);
            }
          } catch (SQLException e) {
            waiting.add(name + " (" + e.getMessage() + ")");
          }
        });
    return waiting;
  }

  /** What differs between a store and what the legacy database should have become there. */
  String difference(String store) throws SQLException {
    String sql = "select item_id || ' ' || md5(name) from items order by 1";
    String wanted = "select id || ' ' || md5(upper(label)) from things order by 1";
    List<String> there = rows(store, sql);
    List<String> expected;
    try (Connection connection = legacy.connect(legacyDatabase)) {
      expected = FlowFixture.rows(connection, wanted);
    }
    List<String> twice =
        rows(
            store,
            "select item_id || ' written ' || count(*) from written group by item_id, name having count(*) > 1");
    if (there.equals(expected) && twice.isEmpty()) {
      return "";
    }
    var missing = new ArrayList<>(expected);
    missing.removeAll(there);
    var strange = new ArrayList<>(there);
    strange.removeAll(expected);
    return store + ": missing " + missing + ", strange " + strange + ", twice " + twice;
  }

  List<String> rows(String store, String sql) throws SQLException {
    Place place = stores.get(store);
    try (Connection connection = place.server().connect(place.database())) {
      return FlowFixture.rows(connection, sql);
    }
  }

  @Override
  public void close() throws IOException {
    closers.forEach(Runnable::run);
    try (var captured = new PostgresSource(settings().source())) {
      captured.dropSlot();
    }
  }
}
