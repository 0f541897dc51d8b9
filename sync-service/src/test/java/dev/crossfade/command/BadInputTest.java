package dev.crossfade.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a person gets wrong: {@code check} and {@code run} say one sentence that names the thing,
 * what was found or expected, and the fix, end with the right code, and leave everything untouched.
 */
class BadInputTest {
  private static Admin kafka;
  private static PostgresServer replica;

  @BeforeAll
  static void servers() {
    kafka = Admin.create(Map.of("bootstrap.servers", Servers.kafka().bootstrapServers()));
  }

  @AfterAll
  static void close() {
    kafka.close();
    if (replica != null) {
      replica.close();
    }
  }

  private interface Mistake {
    void make(Setup setup) throws Exception;
  }

  /**
   * @param code what check and run end with
   * @param says parts of the one sentence; {…} stands for a name of the set-up
   */
  private record Case(String name, int code, Mistake mistake, List<String> says) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case bad(String name, int code, Mistake mistake, String... says) {
    return new Case(name, code, mistake, List.of(says));
  }

  static Stream<Case> mistakes() {
    return Stream.of(
        // the mapping
        bad(
            "run: a SELECT with an unknown column",
            Exit.PROBLEMS,
            s -> s.replace("thing/items.sql", "upper(label)", "upper(lable)"),
            "items",
            "column \"lable\" does not exist",
            "correct"),
        bad(
            "a SELECT with a column that the target lacks",
            Exit.PROBLEMS,
            s -> s.replace("thing/items.sql", "AS owner", "AS holder"),
            "items",
            "has a column holder and the table has item_id, name, owner",
            "name it as the table does"),
        bad(
            "run: a column of another type",
            Exit.PROBLEMS,
            s -> s.replace("thing/items.sql", "id AS item_id", "label AS item_id"),
            "items",
            "\"item_id\" is of type integer but expression is of type text",
            "cast"),
        bad(
            "no key",
            Exit.USAGE,
            s -> s.replace("thing/domain.yml", " key: [item_id],", ""),
            "thing/domain.yml: targets.items.key is missing",
            "for example [id]"),
        bad(
            "a key that is not derived",
            Exit.PROBLEMS,
            s -> {
              s.stores.execute(s.storeDatabase, "alter table items add item_no serial unique");
              s.replace("thing/domain.yml", "key: [item_id]", "key: [item_no]");
            },
            "items",
            "key column item_no is not derived"),
        bad(
            "a key that nothing makes unique",
            Exit.PROBLEMS,
            s -> s.replace("thing/domain.yml", "key: [item_id]", "key: [name]"),
            "items",
            "no primary key or unique constraint on exactly [name]"),
        bad(
            "no aggregate for a captured table",
            Exit.USAGE,
            s -> s.replace("thing/domain.yml", "things: { aggregate: id }", "things: { }"),
            "tables.things has neither aggregate nor reference",
            "aggregate: order_id"),
        bad(
            "an aggregate column that the captured table lacks",
            Exit.PROBLEMS,
            s ->
                s.replace(
                    "thing/domain.yml",
                    "things: { aggregate: id }",
                    "things: { aggregate: thing_id }"),
            "table public.things has no column thing_id, which aggregate: names",
            "name one of id, label, owner_name"),
        bad(
            "no aggregate for a target",
            Exit.USAGE,
            s -> s.replace("thing/domain.yml", " aggregate: item_id,", ""),
            "targets.items.aggregate is missing"),
        bad(
            "run: a SELECT without :keys",
            Exit.USAGE,
            s -> s.replace("thing/items.sql", "id = any(:keys)", "id > 0"),
            "targets.items.select items.sql does not use :keys",
            "WHERE order_id = any(:keys)"),
        // the source
        bad(
            "run: the source's password",
            Exit.PROBLEMS,
            s ->
                s.replace(
                    "user: %s, password: secret } }\nstores".formatted(s.captureRole),
                    "user: %s, password: wrong } }\nstores".formatted(s.captureRole)),
            "sources.{source} refuses the password of {capture}",
            "correct sources.{source}.password"),
        bad(
            "a table without a primary key",
            Exit.PROBLEMS,
            s ->
                s.legacy.execute(
                    s.legacyDatabase, "alter table things drop constraint things_pkey"),
            "table public.things has no primary key",
            "add a primary key"),
        bad(
            "run: replica identity nothing",
            Exit.PROBLEMS,
            s -> s.legacy.execute(s.legacyDatabase, "alter table things replica identity nothing"),
            "table public.things has REPLICA IDENTITY NOTHING",
            "REPLICA IDENTITY DEFAULT"),
        bad(
            "a table that does not exist",
            Exit.PROBLEMS,
            s -> s.legacy.execute(s.legacyDatabase, "alter table things rename to stuff"),
            "table public.things does not exist in source {source}",
            "correct its name"),
        bad(
            "run: a role that may not replicate",
            Exit.PROBLEMS,
            s ->
                s.legacy.execute(
                    s.legacyDatabase, "alter role " + s.captureRole + " noreplication"),
            "role {capture} may not replicate from source {source}",
            "ALTER ROLE \"{capture}\" REPLICATION"),
        bad(
            "a role that may not read a captured table",
            Exit.PROBLEMS,
            s ->
                s.legacy.execute(s.legacyDatabase, "revoke select on things from " + s.captureRole),
            "table public.things may not be read by role {capture}",
            "GRANT SELECT ON \"public\".\"things\" TO \"{capture}\""),
        bad(
            "run: no publication",
            Exit.PROBLEMS,
            s -> s.legacy.execute(s.legacyDatabase, "drop publication crossfade_" + s.source),
            "publication crossfade_{source} does not exist",
            "CREATE PUBLICATION \"crossfade_{source}\" FOR TABLE \"public\".\"things\""),
        bad(
            "a publication of other tables",
            Exit.PROBLEMS,
            s ->
                s.legacy.execute(
                    s.legacyDatabase,
                    "create table other (id int primary key); alter publication crossfade_%s set table other"
                        .formatted(s.source)),
            "publication crossfade_{source} holds [public.other], expected [public.things]",
            "ALTER PUBLICATION \"crossfade_{source}\" SET TABLE \"public\".\"things\""),
        // the stores
        bad(
            "run: a store's password",
            Exit.PROBLEMS,
            s ->
                s.replace(
                    "user: %s, password: secret } }\ncontrol".formatted(s.applyRole),
                    "user: %s, password: wrong } }\ncontrol".formatted(s.applyRole)),
            "stores.item-store refuses the password of {apply}",
            "correct stores.item-store.password"),
        bad(
            "a target that does not exist",
            Exit.PROBLEMS,
            s -> s.stores.execute(s.storeDatabase, "alter table items rename to articles"),
            "has no table items"),
        bad(
            "a store's role that may not make schemas",
            Exit.PROBLEMS,
            s ->
                s.stores.execute(
                    s.storeDatabase,
                    "revoke create on database %s from %s".formatted(s.storeDatabase, s.applyRole)),
            "stores.item-store does not let {apply} create schemas in {store}",
            "GRANT CREATE ON DATABASE \"{store}\" TO \"{apply}\""),
        bad(
            "run: a store's role that may not write a target",
            Exit.PROBLEMS,
            s ->
                s.stores.execute(
                    s.storeDatabase, "revoke update, delete on items from " + s.applyRole),
            "items",
            "lacks UPDATE, DELETE",
            "GRANT"),
        bad(
            "a store's role that may not look into a target's schema",
            Exit.PROBLEMS,
            s -> {
              s.stores.execute(
                  s.storeDatabase, "create schema goods; alter table items set schema goods");
              s.replace("thing/domain.yml", "items: { select", "goods.items: { select");
            },
            "stores.item-store does not let {apply} use the schema goods",
            "GRANT USAGE ON SCHEMA \"goods\" TO \"{apply}\""),
        bad(
            "run: a control role that may not make schemas",
            Exit.PROBLEMS,
            s ->
                s.stores.execute(
                    s.controlDatabase,
                    "revoke create on database %s from %s"
                        .formatted(s.controlDatabase, s.applyRole)),
            "control does not let {apply} create schemas in {control}",
            "GRANT CREATE ON DATABASE \"{control}\" TO \"{apply}\""),
        bad(
            "a schema crossfade that is somebody else's",
            Exit.PROBLEMS,
            s ->
                s.stores.execute(
                    s.storeDatabase,
                    "create schema crossfade; create table crossfade.notes (id int)"),
            "stores.item-store has a schema crossfade that {apply} may not write",
            "remove it"),
        bad(
            "a schema of the service's own that is called like the source",
            Exit.PROBLEMS,
            s ->
                s.stores.execute(
                    s.storeDatabase,
                    "create schema %1$s authorization %2$s; create table %1$s.notes (id int)"
                        .formatted(s.source, s.applyRole)),
            "stores.item-store has a schema {source} with tables that are not Crossfade's (notes)",
            "give the source another name"),
        // Kafka
        bad(
            "a topic with two partitions",
            Exit.PROBLEMS,
            s ->
                topic(
                    s,
                    2,
                    Map.of(
                        "cleanup.policy",
                        "delete",
                        "retention.ms",
                        "604800000",
                        "max.message.bytes",
                        "33554432")),
            "topic crossfade.{domain} has 2 partitions, expected 1",
            "delete it"),
        bad(
            "run: a topic that is compacted",
            Exit.PROBLEMS,
            s ->
                topic(
                    s,
                    1,
                    Map.of(
                        "cleanup.policy",
                        "compact",
                        "retention.ms",
                        "604800000",
                        "max.message.bytes",
                        "33554432")),
            "topic crossfade.{domain} has cleanup.policy = compact, expected delete",
            "kafka-configs --alter"));
  }

  private static void topic(Setup setup, int partitions, Map<String, String> settings)
      throws Exception {
    kafka
        .createTopics(
            Set.of(
                new NewTopic("crossfade." + setup.domain, partitions, (short) 1).configs(settings)))
        .all()
        .get(30, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void isOneSentenceAndNothingFlows(Case bad) throws Exception {
    var setup = new Setup().initialised();
    bad.mistake().make(setup);
    saysSo(setup, bad);
  }

  @Test
  void aSourceWhoseLogIsNotLogical() throws Exception {
    replica =
        PostgresServer.start(
            Servers.freshFolder("replica"),
            0,
            Map.of("wal_level", "replica", "max_connections", "20", "shared_buffers", "16MB"));
    saysSo(
        new Setup(replica).initialised(),
        bad(
            "run: wal_level",
            Exit.PROBLEMS,
            s -> {},
            "source {source} has wal_level = replica, expected logical",
            "ALTER SYSTEM SET wal_level = 'logical' and restart the server"));
  }

  @Test
  void aPortInUse() throws Exception {
    var setup = new Setup().initialised();
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      setup.replace("port: 0", "port: " + taken.getLocalPort());
      Setup.Result run = run(setup);
      assertEquals(Exit.PROBLEMS, run.code(), run::err);
      says(
          run.err().strip(),
          "http cannot listen on 127.0.0.1:" + taken.getLocalPort(),
          "http.port");
      assertEquals(1, run.err().strip().lines().count(), run::err);
    }
    nothingHasFlowed(setup);
  }

  @Test
  void whatIsAwayIsSaidOnceByCheck() throws Exception {
    var setup = new Setup().initialised();
    setup.replace(setup.stores.jdbcUrl(setup.storeDatabase), "jdbc:postgresql://127.0.0.1:1/x");
    JsonNode found = setup.crossfade("check", "--json").json();
    assertEquals(0, found.path("problems").size(), found::toString);
    assertEquals(1, found.path("unreachable").size(), found::toString);
    says(
        found.path("unreachable").path(0).path("sentence").asText(),
        "stores.item-store cannot be reached at jdbc:postgresql://127.0.0.1:1/x",
        "start it, or correct stores.item-store.url");
    assertEquals(Exit.UNREACHABLE, setup.crossfade("check").code());
    nothingHasFlowed(setup);
  }

  private static void saysSo(Setup setup, Case bad) throws Exception {
    String[] expected = bad.says().stream().map(part -> named(setup, part)).toArray(String[]::new);

    Setup.Result check = setup.crossfade("check", "--json");
    assertEquals(bad.code(), check.code(), () -> check.out() + check.err());
    JsonNode problems = check.json().path("problems");
    assertEquals(1, problems.size(), () -> "one problem, one sentence: " + check.out());
    String sentence = problems.path(0).path("sentence").asText();
    says(sentence, expected);

    // `run` looks with the same eyes; that it does is seen once for each kind of thing.
    if (bad.name().startsWith("run: ")) {
      runSaysSoToo(setup, bad, sentence);
    }
    nothingHasFlowed(setup);
  }

  private static void runSaysSoToo(Setup setup, Case bad, String sentence) throws Exception {
    Setup.Result run = run(setup);
    assertEquals(bad.code(), run.code(), run::err);
    assertTrue(
        run.err().lines().anyMatch(sentence::equals),
        () -> "check says " + sentence + "\nrun says " + run.err());
    assertFalse(run.err().contains("Exception"), run::err);
  }

  private static void says(String sentence, String... expected) {
    for (String part : expected) {
      assertTrue(sentence.contains(part), () -> "expected \"" + part + "\" in: " + sentence);
    }
    assertEquals(1, sentence.lines().count(), sentence);
    assertTrue(sentence.endsWith("."), sentence);
    assertFalse(sentence.contains("secret") || sentence.contains("Exception"), sentence);
  }

  private static String named(Setup setup, String part) {
    return part.replace("{source}", setup.source)
        .replace("{domain}", setup.domain)
        .replace("{capture}", setup.captureRole)
        .replace("{apply}", setup.applyRole)
        .replace("{store}", setup.storeDatabase)
        .replace("{control}", setup.controlDatabase);
  }

  /** Runs to its end; a run that goes on although something is wrong fails the test. */
  private static Setup.Result run(Setup setup) throws Exception {
    var ended = new CompletableFuture<Setup.Result>();
    var thread = new Thread(() -> ended.complete(setup.crossfade("run")), "run");
    thread.setDaemon(true);
    thread.start();
    return ended.get(60, TimeUnit.SECONDS);
  }

  private static void nothingHasFlowed(Setup setup) throws Exception {
    var found = new ArrayList<String>();
    if (!Setup.one(
            setup.legacy,
            setup.legacyDatabase,
            "select 1 from pg_replication_slots where slot_name = 'crossfade_%s'"
                .formatted(setup.source))
        .isEmpty()) {
      found.add("a slot");
    }
    String relations =
        "select string_agg(oid::regclass::text, ', ') from pg_class where relnamespace in (select oid from pg_namespace where nspname in ('crossfade', '%s')) and relname <> 'notes'"
            .formatted(setup.source);
    for (String database : List.of(setup.storeDatabase, setup.controlDatabase)) {
      String left = Setup.one(setup.stores, database, relations);
      if (left != null) {
        found.add(left + " in " + database);
      }
    }
    for (String table : List.of("public.items", "public.articles", "goods.items")) {
      if (Setup.one(setup.stores, setup.storeDatabase, "select to_regclass('" + table + "')")
          != null) {
        String rows = Setup.one(setup.stores, setup.storeDatabase, "select count(*) from " + table);
        if (!rows.equals("0")) {
          found.add(rows + " rows in " + table);
        }
      }
    }
    long records = records("crossfade." + setup.domain);
    if (records > 0) {
      found.add(records + " records in the topic");
    }
    assertEquals(List.of(), found);
  }

  private static long records(String topic) throws Exception {
    var partition = new TopicPartition(topic, 0);
    if (!kafka.listTopics().names().get(30, TimeUnit.SECONDS).contains(topic)) {
      return 0;
    }
    try {
      return kafka
          .listOffsets(Map.of(partition, OffsetSpec.latest()))
          .partitionResult(partition)
          .get(30, TimeUnit.SECONDS)
          .offset();
    } catch (ExecutionException e) {
      throw new AssertionError("the topic could not be asked for its end", e);
    }
  }
}
