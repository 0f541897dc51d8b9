package dev.crossfade.userwalk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.ServiceProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A person brings Crossfade to databases of their own, and takes it away again. */
class UserWalkIT {
  private static final String LOADED =
      "1|1|Dune|Ada Grey|OUT 1|2|Emma|Bob Hill|BACK|14 2|1|Emma|Cid Moor|OUT / 1|2|1 2|1|1";

  @Test
  void fromInitToRemove() throws Exception {
    var library = new Library();
    var release = new Release(library.folder, library.secrets);
    Set<String> before = objects(library);

    anAdministratorRunsWhatInitPrints(library, release);
    checkIsGreenAndShowsASample(library, release);
    try (ServiceProcess process = run(library)) {
      itLoadsFollowsAndParks(library, release);
      release.crossfade("remove", "--yes").ends(1);
      assertTrue(process.alive(), "a running process is not removed from under itself");
    }
    itStartsAgainWithTheClassesOfTheFirstTime(library, release);
    removeTakesEverythingAway(library, release);

    Set<String> after = objects(library);
    assertEquals(List.of(), difference(after, before), "left by Crossfade");
    assertEquals(List.of(), difference(before, after), "taken by Crossfade");
    assertTrue(library.service().contains("3|1|Dune|"), "the service keeps its rows");
  }

  private static void anAdministratorRunsWhatInitPrints(Library library, Release release)
      throws Exception {
    Release.Said early = release.crossfade("check").ends(1);
    assertTrue(early.err().contains("refuses the password of " + library.captureRole), early::err);

    Release.Said all = release.crossfade("init").ends(0);
    assertTrue(all.err().contains("Next: run the scripts"), all::err);
    // As text through a shell for one, as JSON for the others.
    library.legacy(release.crossfade("init", "--only", "source").ends(0).out());
    JsonNode scripts = release.crossfade("init", "--json").ends(0).json();
    for (String store : List.of("control", "loans-store")) {
      JsonNode script = scripts.path(store);
      String database = script.path("url").asText().replaceFirst(".*/", "");
      library.stores.execute(database, script.path("sql").asText());
      assertTrue(all.out().contains(script.path("sql").asText().strip()), all::out);
    }
    library.setPasswords();
    assertEquals(
        "f|t|f|f",
        Library.one(
            library.legacy,
            library.legacyDatabase,
            """
            select concat_ws('|', rolsuper, rolreplication, has_table_privilege(rolname, 'lib.loans', 'insert, update, delete, truncate'),
              has_table_privilege(rolname, 'lib.unrelated', 'select')) from pg_roles where rolname = '%s'
            """
                .formatted(library.captureRole)));
    assertEquals(
        "f|f|f|f",
        Library.one(
            library.stores,
            library.storeDatabase,
            """
            select concat_ws('|', rolsuper, rolcreaterole, rolcreatedb, has_schema_privilege(rolname, 'circulation', 'create'))
            from pg_roles where rolname = '%s'
            """
                .formatted(library.applyRole)));
  }

  private static void checkIsGreenAndShowsASample(Library library, Release release)
      throws Exception {
    Release.Said check =
        release.crossfade("check", "--domain", library.domain, "--key", "1").ends(0);
    assertTrue(check.out().contains("Everything is well"), check::out);
    assertTrue(check.out().contains("circulation.loans: 2 rows"), check::out);
    assertTrue(check.out().contains("title=Dune"), check::out);
    assertTrue(check.out().contains("loans=2  out=1"), check::out);
    assertFalse(check.out().contains("Grey"), "a sensitive value is shown: " + check.out());
    assertFalse(check.err().contains("two'b"), check::err);
  }

  private static ServiceProcess run(Library library) {
    return ServiceProcess.start(
        Release.HOME,
        library.folder.resolve("crossfade.yml"),
        library.folder.resolve("service"),
        Path.of("target", "process-logs").toAbsolutePath().resolve(library.name + ".log"),
        "http://127.0.0.1:" + library.port,
        library.environment());
  }

  private static void itStartsAgainWithTheClassesOfTheFirstTime(Library library, Release release)
      throws Exception {
    try (ServiceProcess process = run(library)) {
      await("it is ready again", 60, () -> release.crossfade("status").code() == 0);
      String command = Files.readString(Path.of("/proc", "" + process.pid(), "cmdline"));
      String mapped = Files.readString(Path.of("/proc", "" + process.pid(), "maps"));
      assertTrue(command.contains("-XX:SharedArchiveFile=" + library.cache), command);
      assertTrue(mapped.contains(library.cache + "/classes-"), "the archive was not taken");
    }
    try (Stream<Path> kept = Files.list(library.cache)) {
      assertEquals(1, kept.count(), "one archive for one release");
    }
  }

  private static void itLoadsFollowsAndParks(Library library, Release release) throws Exception {
    await("it is loaded", 90, () -> library.service().equals(LOADED));
    await("it is ready", 60, () -> release.crossfade("status").code() == 0);
    Release.Said status = release.crossfade("status").ends(0);
    assertTrue(status.out().contains("is ready"), status::out);
    assertTrue(status.out().matches("(?s).*capture +STREAMING.*"), status::out);
    assertTrue(status.out().matches("(?s).*" + library.domain + " +FOLLOWING.*"), status::out);

    library.legacy(
        """
        update lib.loans set back = '2026-01-15', state = 'b' where (branch, loan_no) = (1, 1);
        insert into lib.loans values (3, 1, '111', 'Dee', '2026-03-01', null, 'o');
        delete from lib.loans where branch = 2;
        update lib.books set title = 'Emma (2nd ed.)' where isbn = '222'
        """);
    String followed =
        "1|1|Dune|Ada Grey|BACK|10 1|2|Emma (2nd ed.)|Bob Hill|BACK|14 3|1|Dune|Dee|OUT / 1|2|0 3|1|1";
    await("it follows", 60, () -> library.service().equals(followed));

    library.legacy("update lib.loans set state = 'l' where branch = 3");
    await(
        "the branch is parked",
        30,
        () ->
            release
                    .crossfade("status", "--json")
                    .json()
                    .path("domains")
                    .path(library.domain)
                    .path("parked")
                    .asInt()
                == 1);
    assertEquals(followed, library.service());
    assertTrue(
        Library.one(library.stores, library.storeDatabase, "select reason from crossfade.dirty")
            .contains("status_known"));
    library.stores.execute(
        library.storeDatabase, "alter table circulation.loans drop constraint status_known");
    Release.Said redrive = release.crossfade("redrive", "--domain", library.domain).ends(0);
    assertTrue(redrive.out().contains(library.domain), redrive::out);
    await("it is derived", 60, () -> library.service().contains("3|1|Dune|Dee|LOST"));
  }

  private static void removeTakesEverythingAway(Library library, Release release) throws Exception {
    Release.Said no = release.answering("no\n", "remove").ends(1);
    assertTrue(no.err().contains("Nothing was removed"), no::err);

    // The publication is the administrator's who ran init's script: remove prints the line.
    Release.Said first = release.answering("yes\n", "remove").ends(1);
    assertTrue(
        first.err().contains("drop publication crossfade_" + library.name + ";"), first::err);
    String deletion = "--delete --topic crossfade." + library.domain;
    assertTrue(first.err().contains(deletion), first::err);
    library.legacy("drop publication crossfade_" + library.name);
    nothingStartsOnWhatKafkaKeeps(library, release, deletion);

    JsonNode second = release.crossfade("remove", "--yes", "--json").ends(0).json();
    JsonNode scripts = second.path("administrator");
    library.legacy(scripts.path("source").asText());
    library.stores.execute(library.storeDatabase, scripts.path("loans-store").asText());
    library.stores.execute(library.controlDatabase, scripts.path("control").asText());
    // The roles: the server refuses to drop one that owns something or has a right anywhere.
    library.legacy("drop role " + library.captureRole);
    library.stores.execute(library.storeDatabase, "drop role " + library.applyRole);
    library.stores.execute(library.controlDatabase, "drop role " + library.controlRole);
  }

  /** Old records would be taken for newer than those of a new life, which begins at epoch 1. */
  private static void nothingStartsOnWhatKafkaKeeps(
      Library library, Release release, String deletion) throws Exception {
    library.legacy(release.crossfade("init", "--only", "source").ends(0).out());
    for (String[] verb : new String[][] {{"check"}, {"run"}, {"load", "--yes"}}) {
      Release.Said said = release.crossfade(verb).ends(1);
      assertTrue(said.err().contains("holds records of an earlier life"), said::err);
      assertTrue(said.err().contains(deletion), said::err);
    }
    library.legacy("drop publication crossfade_" + library.name);
  }

  private static List<String> difference(Set<String> of, Set<String> without) {
    return of.stream().filter(name -> !without.contains(name)).toList();
  }

  /** Everything in the databases that a person may have made, or Crossfade. */
  private static Set<String> objects(Library library) throws Exception {
    var found = new TreeSet<String>();
    found.addAll(objects(library.legacy, library.legacyDatabase));
    found.addAll(objects(library.stores, library.storeDatabase));
    found.addAll(objects(library.stores, library.controlDatabase));
    return found;
  }

  private static List<String> objects(PostgresServer server, String database) throws Exception {
    try (var connection = server.connect(database)) {
      return FlowFixture.rows(
          connection,
          """
          select current_database() || ': ' || x from (
            select 'slot ' || slot_name from pg_replication_slots where database = current_database()
            union all select 'publication ' || pubname from pg_publication
            union all select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_(temp|toast_temp)'
            union all select 'relation ' || oid::regclass::text from pg_class where relnamespace <> 'pg_toast'::regnamespace and oid >= 16384
            union all select 'function ' || oid::regprocedure::text from pg_proc where oid >= 16384
            union all select 'extension ' || extname from pg_extension
            union all select 'trigger ' || tgname from pg_trigger where not tgisinternal
            union all select 'identity ' || oid::regclass::text || relreplident::text from pg_class where oid >= 16384 and relkind = 'r'
            union all select 'right ' || c.oid::regclass::text || ' of ' || grantee::regrole::text
              from pg_class c, aclexplode(relacl) where c.oid >= 16384 and grantee <> relowner
          ) found(x)
          """);
    }
  }

  private static void await(
      String what, int seconds, java.util.concurrent.Callable<Boolean> condition) throws Exception {
    FlowFixture.await(what, Duration.ofSeconds(seconds), condition);
  }
}
