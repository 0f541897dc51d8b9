package dev.crossfade.mapping;

import static dev.crossfade.fixture.StoreFixture.target;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.source.Problem;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad mappings: each is one clear sentence with the fix, before anything flows. */
class MappingProblemsTest {
  private StoreFixture store;

  @BeforeEach
  void open() throws Exception {
    store =
        new StoreFixture(
                "create table users (id int primary key, email text not null unique, born date, label text generated always as ('u' || email) stored)")
            .captures("usr", "id", 1, "id integer", "email text", "born text");
  }

  @AfterEach
  void close() throws Exception {
    store.close();
  }

  static Stream<Arguments> bad() {
    String from = " FROM legacy.usr u WHERE u.id = any(:keys)";
    return Stream.of(
        Arguments.of(
            "u.emial", target("users", "id", "id", "SELECT u.id, u.emial AS email" + from)),
        Arguments.of(
            "has a column mail",
            target("users", "id", "id", "SELECT u.id, u.email AS mail" + from)),
        Arguments.of(
            "\"born\" is of type date but expression is of type text",
            target("users", "id", "id", "SELECT u.id, u.email, u.born" + from)),
        Arguments.of(
            "key column id is not derived",
            target("users", "id", "email", "SELECT u.email" + from)),
        Arguments.of(
            "aggregate column owner is not derived",
            target("users", "id", "owner", "SELECT u.id, u.email" + from)),
        Arguments.of(
            "does not use :keys",
            target("users", "id", "id", "SELECT u.id, u.email FROM legacy.usr u")),
        Arguments.of("email is NOT NULL", target("users", "id", "id", "SELECT u.id" + from)),
        Arguments.of(
            "label is generated",
            target("users", "id", "id", "SELECT u.id, u.email, 'x' AS label" + from)),
        Arguments.of(
            "no primary key or unique constraint on exactly [born]",
            target("users", "born", "id", "SELECT u.id, u.email, u.born::date AS born" + from)),
        Arguments.of("has no table userz", target("userz", "id", "id", "SELECT u.id" + from)),
        Arguments.of(
            "two columns named id",
            target("users", "id", "id", "SELECT u.id, u.id, u.email" + from)),
        Arguments.of("is refused", target("users", "id", "id", "SELEC u.id" + from)));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void isOneSentenceWithTheFix(String expected, Target target) throws Exception {
    List<Problem> problems = check(store.domain(target));
    assertTrue(
        problems.stream().anyMatch(p -> p.what().contains(expected)), () -> problems.toString());
    for (Problem problem : problems) {
      assertTrue(problem.where().contains(target.table()), problem::where);
      assertTrue(!problem.fix().isBlank());
    }
  }

  @Test
  void allProblemsComeAtOnceAndNothingIsLeftInTheStore() throws Exception {
    Domain domain =
        store.domain(
            target("users", "id", "id", "SELECT 1"),
            target("userz", "id", "id", "SELECT u.id FROM legacy.usr u WHERE u.id = any(:keys)"));
    assertEquals(2, check(domain).size());
    assertEquals(List.of(), store.query("select 1 from pg_namespace where nspname = 'legacy'"));
  }

  @Test
  void anAggregateThatNoTargetTakesIsNamed() throws Exception {
    store.captures("usr_note", "usr", 1, "id integer", "usr numeric");
    List<Problem> problems =
        check(
            store.domain(
                target(
                    "users",
                    "id",
                    "id",
                    "SELECT u.id, u.email FROM legacy.usr u WHERE u.id = any(:keys)")));
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.get(0).where().contains("usr_note"), problems::toString);
  }

  @Test
  void triggersOfWhichNothingIsSaidAreNamed() throws Exception {
    store.execute(
        "create function nothing() returns trigger language plpgsql as $$ begin return new; end $$");
    store.execute(
        "create trigger stamps before update on users for each row execute function nothing()");
    Target t =
        target(
            "users", "id", "id", "SELECT u.id, u.email FROM legacy.usr u WHERE u.id = any(:keys)");
    assertEquals(List.of(), check(store.domain(t)));
    List<Problem> problems =
        check(
            store.domain(
                new Target(
                    t.table(),
                    t.select(),
                    t.key(),
                    t.aggregate(),
                    t.owner(),
                    t.per(),
                    t.once(),
                    t.rows(),
                    t.placeholders(),
                    Target.Triggers.UNSTATED)));
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.get(0).what().contains("triggers (stamps)"), problems::toString);
  }

  @Test
  void aMissingRightIsNamed() throws Exception {
    store.execute("drop role if exists clerk");
    store.execute("create role clerk login password 'clerk'");
    store.execute("grant select, insert on users to clerk");
    store.execute(
        "do $$ begin execute format('grant create on database %I to clerk', current_database()); end $$");
    store.execute(
        "grant usage on schema crossfade to clerk; grant create on schema crossfade to clerk; grant all on all tables in schema crossfade to clerk");
    var config = new HikariConfig();
    config.setJdbcUrl(store.pool().getJdbcUrl());
    config.setUsername("clerk");
    config.setPassword("clerk");
    config.setMaximumPoolSize(1);
    try (var pool = new HikariDataSource(config)) {
      Domain domain =
          store.domain(
              target(
                  "users",
                  "id",
                  "id",
                  "SELECT u.id, u.email FROM legacy.usr u WHERE u.id = any(:keys)"));
      List<Problem> problems = MappingCheck.run(pool, domain, "legacy", store.shapes());
      assertEquals(1, problems.size(), problems::toString);
      assertTrue(problems.get(0).what().contains("lacks UPDATE, DELETE"), problems::toString);
    } finally {
      store.execute(
          "do $$ begin execute format('revoke all on database %I from clerk', current_database()); end $$");
      store.execute("drop owned by clerk");
      store.execute("drop role clerk");
    }
  }

  @Test
  void aSampleShowsTheRowsAndHidesWhatIsSensitive() throws Exception {
    Domain plain =
        store.domain(
            target(
                "users",
                "id",
                "id",
                "SELECT u.id, 'to ' || u.email AS email FROM legacy.usr u WHERE u.id = any(:keys)"));
    Domain domain =
        new Domain(
            plain.name(),
            plain.store(),
            plain.tables().stream()
                .map(
                    t ->
                        new dev.crossfade.domain.CapturedTable(
                            t.name(), t.role(), t.columns(), java.util.Set.of("email")))
                .toList(),
            plain.targets());
    Row row = Changes.row("id=7", "email=ann@example.org", "born");
    var sample =
        MappingCheck.sample(
            store.pool(),
            domain,
            "legacy",
            store.shapes(),
            Map.of(TableName.parse("usr"), List.of(row)),
            "7");
    assertEquals(
        Map.of("users", List.of(Map.of("id", "7", "email", "(hidden)"))), sample.targets());
  }

  private List<Problem> check(Domain domain) throws Exception {
    return MappingCheck.run(store.pool(), domain, "legacy", store.shapes());
  }
}
