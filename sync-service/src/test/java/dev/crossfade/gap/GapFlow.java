package dev.crossfade.gap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.command.Setup;
import dev.crossfade.config.SettingsFile;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.http.HttpEdge;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import dev.crossfade.source.Problem;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One flow with a user's rights, which loses its place again and again. The store keeps every name
 * that an item ever had: what must not be applied past a gap may not even show for a moment.
 */
final class GapFlow implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GapFlow.class);
  private static final Duration FOUND = Duration.ofSeconds(10);
  private static final Duration WHOLE = Duration.ofSeconds(90);
  private static final Set<Role> ALL = EnumSet.allOf(Role.class);

  /** Who finds the gap. */
  enum Stage {
    CAPTURE,
    DOMAIN
  }

  final Setup setup;
  final String topic;
  final Admin kafka = Admin.create(Map.of("bootstrap.servers", Servers.kafka().bootstrapServers()));
  private final HttpClient http = HttpClient.newHttpClient();
  private Optional<Service> service = Optional.empty();
  private Optional<HttpEdge> edge = Optional.empty();
  private int turn;
  private long opened;

  GapFlow(PostgresServer legacy) throws Exception {
    setup = new Setup(legacy);
    topic = "crossfade." + setup.domain;
    setup.replace("thing/domain.yml", "per: things }", "per: things, triggers: run }");
    setup.stores.execute(
        setup.storeDatabase,
        """
        create table shown (name text);
        create function show() returns trigger language plpgsql security definer as
        $$ begin insert into shown values (new.name); return new; end $$;
        create trigger shows after insert or update on items for each row execute function show();
        """);
    setup.initialised();
  }

  // The life of the process

  /** Starts it and waits until it follows. */
  void start() throws Exception {
    assertEquals(List.of(), begin(ALL));
    follows();
  }

  /** Starts it; what is found is found within the time from here on. */
  List<Problem> begin(Set<Role> roles) throws InterruptedException {
    opened = System.nanoTime();
    var begun = new Service(SettingsFile.read(setup.config, Map.of()), roles, "one");
    service = Optional.of(begun);
    edge = Optional.of(HttpEdge.start(begun));
    return begun.start();
  }

  void begin() throws InterruptedException {
    assertEquals(List.of(), begin(ALL));
  }

  void stop() {
    edge.ifPresent(HttpEdge::close);
    service.ifPresent(Service::close);
    edge = Optional.empty();
    service = Optional.empty();
  }

  boolean well() throws Exception {
    return edge.isPresent() && status().path("ready").asBoolean();
  }

  /** Waits until it is ready and the store is what the source is. */
  void follows() throws Exception {
    FlowFixture.await("it is ready", WHOLE, this::well);
    FlowFixture.await("the store is what the source is", WHOLE, () -> items().equals(things()));
    assertEquals(200, get("/health/readiness").statusCode());
  }

  // The source

  void legacy(String sql) {
    setup.legacy.execute(setup.legacyDatabase, sql);
  }

  /** Rows of this turn, which the store has before the gap. */
  void rowsBefore() throws Exception {
    turn += 10;
    store("delete from shown");
    legacy(
        "insert into things values (%d, 'kept', 'Ada'), (%d, 'going', 'Bob')"
            .formatted(turn, turn + 1));
    FlowFixture.await("the rows before the gap", WHOLE, () -> items().equals(things()));
  }

  /** The gap is open from here on. */
  void opens() {
    opened = System.nanoTime();
  }

  /** Changes behind the gap: some that will be overwritten before the load, and a delete. */
  void changesBehind() {
    legacy(
        "update things set label = 'lost' where id = %d; delete from things where id = %d; insert into things values (%d, 'lost', null)"
            .formatted(turn, turn + 1, turn + 2));
  }

  // What an operator sees

  /** The gap is told in status, metrics and readiness, with the way out, and nothing moves. */
  void finds(Stage stage, String... says) throws Exception {
    String before = items();
    try {
      FlowFixture.await(stage + " says GAP", FOUND, () -> tells(stage, says));
    } catch (AssertionError e) {
      throw new AssertionError(List.of(says) + ", found: " + status(), e);
    }
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - opened);
    LOG.info("found after {} ms: {}", millis, status().path("unready"));
    assertTrue(millis <= FOUND.toMillis(), () -> "found after " + millis + " ms");
    assertEquals(503, get("/health/readiness").statusCode());
    assertTrue(gauge(stage), () -> "the gauge of " + stage + " does not say gap");
    assertEquals(before, items(), "nothing is applied past the gap");
  }

  private boolean tells(Stage stage, String... says) throws Exception {
    JsonNode status = status();
    JsonNode found =
        stage == Stage.CAPTURE ? status.path("capture") : status.path("domains").path(setup.domain);
    String unready = status.path("unready").toString();
    boolean told = found.path("state").asText().equals("GAP");
    for (String word : says) {
      told &= found.path("detail").asText().contains(word) && unready.contains(word);
    }
    return told && unready.contains("the way out is: crossfade load --yes");
  }

  private boolean gauge(Stage stage) throws Exception {
    String name = stage == Stage.CAPTURE ? "crossfade_capture_state{" : "crossfade_apply_state{";
    return get("/prometheus")
        .body()
        .lines()
        .anyMatch(
            line ->
                line.startsWith(name)
                    && (stage == Stage.CAPTURE || line.contains("domain=\"" + setup.domain + '"'))
                    && line.contains("state=\"gap\"")
                    && line.endsWith(" 1.0"));
  }

  JsonNode status() throws Exception {
    return new ObjectMapper().readTree(get("/api/status").body());
  }

  long epoch() throws Exception {
    return status().path("capture").path("epoch").asLong();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(edge.orElseThrow().url() + path))
            .timeout(Duration.ofSeconds(10))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  // The way out

  /** Asks for a load as an operator does, and sees that everything is equal after it. */
  void closedByALoad() throws Exception {
    assertTrue(!well(), "it does not mend itself");
    asksForALoad();
    isWholeAgain();
  }

  void asksForALoad() throws Exception {
    legacy("update things set label = 'found' where label = 'lost'");
    Setup.Result load = setup.crossfade("load", "--yes");
    assertEquals(0, load.code(), load::err);
  }

  void isWholeAgain() throws Exception {
    follows();
    assertFalse(shown("LOST"), "a change behind the gap was applied");
    rowsBefore(); // and it goes on
  }

  private boolean shown(String name) throws SQLException {
    return !Setup.one(
            setup.stores,
            setup.storeDatabase,
            "select name from shown where name = '%s'".formatted(name))
        .isEmpty();
  }

  private String items() throws SQLException {
    return Setup.one(
        setup.stores,
        setup.storeDatabase,
        "select string_agg(concat_ws('|', item_id, name, owner), ' ' order by item_id) from items");
  }

  private String things() throws SQLException {
    return Setup.one(
        setup.legacy,
        setup.legacyDatabase,
        "select string_agg(concat_ws('|', id, upper(label), owner_name), ' ' order by id) from things");
  }

  // The other ends

  String slot() {
    return "crossfade_" + setup.source;
  }

  void store(String sql) {
    setup.stores.execute(setup.storeDatabase, sql);
  }

  /** Gives the domain to another owner with another progress, as a restored store has. */
  void progress(String changes) {
    store(
        "update crossfade.progress set owner = owner + 1, %s where domain = '%s'"
            .formatted(changes, setup.domain));
  }

  void control(String sql) {
    setup.stores.execute(setup.controlDatabase, sql);
  }

  /** Whether the control database says that what the log had there is captured. */
  boolean remembers(String lsn) throws SQLException {
    return Setup.one(
            setup.stores,
            setup.controlDatabase,
            "select published_lsn >= '%s' from crossfade.capture".formatted(lsn))
        .equals("t");
  }

  long endOfTopic() throws Exception {
    var partition = new TopicPartition(topic, 0);
    return kafka
        .listOffsets(Map.of(partition, OffsetSpec.latest()))
        .partitionResult(partition)
        .get(10, TimeUnit.SECONDS)
        .offset();
  }

  @Override
  public void close() {
    stop();
    kafka.close(Duration.ofSeconds(2));
    setup.takenAway();
  }
}
