package dev.crossfade.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The import arrows of the architecture, each also shown to catch a class that breaks it. */
class ArrowsTest {
  private static final String ROOT = "dev.crossfade.";

  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          // The lab is no part of the release: it starts the service from outside, as users do.
          .withImportOption(location -> !location.contains("/dev/crossfade/lab/"))
          .importPackages("dev.crossfade");

  /** Which rooms a room may import, beside itself. */
  private static final Map<String, List<String>> ARROWS = arrows();

  private static Map<String, List<String>> arrows() {
    var arrows = new TreeMap<String, List<String>>();
    arrows.put("event", List.of());
    arrows.put("wire", List.of("event"));
    arrows.put("domain", List.of("event"));
    arrows.put("source", List.of("event", "domain"));
    arrows.put("tables", List.of());
    arrows.put("control", List.of("event", "domain", "tables"));
    arrows.put("publish", List.of("event", "wire", "domain", "source"));
    arrows.put("capture", List.of("event", "wire", "domain", "source", "control", "publish"));
    arrows.put("store", List.of("tables"));
    arrows.put("mirror", List.of("event", "wire", "domain", "store"));
    arrows.put("mapping", List.of("event", "domain", "source", "store", "mirror"));
    arrows.put(
        "apply",
        List.of("event", "wire", "domain", "source", "publish", "store", "mirror", "mapping"));
    arrows.put("config", List.of("event", "domain", "source", "publish"));
    arrows.put(
        "setup", List.of("event", "domain", "source", "publish", "store", "mapping", "config"));
    arrows.put(
        "service",
        List.of(
            "event", "domain", "source", "control", "capture", "publish", "store", "apply",
            "config", "setup"));
    arrows.put(
        "http",
        List.of(
            "event", "domain", "source", "capture", "store", "apply", "config", "setup",
            "service"));
    arrows.put(
        "command",
        List.of(
            "event", "domain", "source", "control", "publish", "mapping", "apply", "config",
            "setup", "service", "http"));
    return arrows;
  }

  private static String[] packages(List<String> rooms) {
    return rooms.stream().map(room -> ROOT + room + "..").toArray(String[]::new);
  }

  private static ArchRule arrow(String room) {
    List<String> others =
        ARROWS.keySet().stream()
            .filter(r -> !r.equals(room) && !ARROWS.get(room).contains(r))
            .toList();
    return noClasses()
        .that()
        .resideInAPackage(ROOT + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages(others))
        .because(room + " may import " + ARROWS.get(room));
  }

  private static ArchRule only(List<String> rooms, DescribedPredicate<JavaClass> these) {
    return noClasses()
        .that(resideInAnyPackage("dev.crossfade..").and(resideOutsideOfPackages(packages(rooms))))
        .should()
        .dependOnClassesThat(these)
        .because("only " + rooms + " may see them");
  }

  private static final ArchRule DEBEZIUM =
      only(
          List.of("capture.log"),
          resideInAnyPackage("io.debezium..", "org.apache.kafka.connect.."));

  private static final ArchRule KAFKA =
      only(List.of("publish", "apply"), resideInAnyPackage("org.apache.kafka.clients.."));

  private static final List<String> DATABASE_ROOMS =
      List.of("source", "tables", "control", "store", "mirror", "mapping", "apply", "setup");

  /**
   * An SQLException may be passed on and shown by anybody, and capture holds connections that the
   * source opened for it; statements are another matter.
   */
  private static final ArchRule SQL =
      only(
          DATABASE_ROOMS,
          resideInAnyPackage("java.sql..")
              .and(
                  DescribedPredicate.describe(
                      "neither SQLException nor Connection",
                      c ->
                          !c.getName().equals("java.sql.SQLException")
                              && !c.getName().equals("java.sql.Connection"))));

  private static final ArchRule CONNECTIONS =
      only(
          Stream.concat(DATABASE_ROOMS.stream(), Stream.of("capture")).toList(),
          DescribedPredicate.describe(
              "connections", c -> c.getName().equals("java.sql.Connection")));

  private static final ArchRule MICRONAUT =
      only(List.of("http", "service"), resideInAnyPackage("io.micronaut..", "io.micrometer.."));

  private static final ArchRule CYCLES =
      SlicesRuleDefinition.slices().matching("dev.crossfade.(*)..").should().beFreeOfCycles();

  @TestFactory
  Stream<DynamicTest> roomsImportOnlyWhatTheyMay() {
    return ARROWS.keySet().stream().map(room -> dynamicTest(room, () -> arrow(room).check(OURS)));
  }

  @Test
  void everyRoomHasItsArrows() {
    OURS.forEach(
        c -> {
          String room = c.getPackageName().substring(ROOT.length()).split("\\.")[0];
          assertTrue(ARROWS.containsKey(room), () -> "no arrows for " + c.getName());
        });
  }

  @Test
  void onlyCaptureSeesDebezium() {
    DEBEZIUM.check(OURS);
  }

  @Test
  void onlyPublishAndApplySeeKafkaClients() {
    KAFKA.check(OURS);
  }

  @Test
  void onlyDatabaseRoomsSeeSql() {
    SQL.check(OURS);
    CONNECTIONS.check(OURS);
  }

  @Test
  void micronautStaysAtTheEdge() {
    MICRONAUT.check(OURS);
  }

  @Test
  void thereAreNoCycles() {
    CYCLES.check(OURS);
  }

  @TestFactory
  Stream<DynamicTest> eachRuleCatchesAClassThatBreaksIt() {
    return Stream.of(
        caught("debezium", DEBEZIUM, dev.crossfade.event.violation.SeesDebezium.class),
        caught("kafka", KAFKA, dev.crossfade.event.violation.SeesKafka.class),
        caught("connection", CONNECTIONS, dev.crossfade.event.violation.SeesConnection.class),
        caught("sql", SQL, dev.crossfade.event.violation.SeesSql.class),
        caught("micronaut", MICRONAUT, dev.crossfade.event.violation.SeesMicronaut.class),
        caught("arrow", arrow("event"), dev.crossfade.event.violation.SeesTheWire.class),
        caught(
            "cycle",
            CYCLES,
            dev.crossfade.event.violation.SeesTheWire.class,
            dev.crossfade.event.Row.class,
            dev.crossfade.wire.WireFormat.class));
  }

  private static DynamicTest caught(String name, ArchRule rule, Class<?>... violating) {
    return dynamicTest(
        name,
        () ->
            assertThrows(
                AssertionError.class,
                () -> rule.check(new ClassFileImporter().importClasses(violating))));
  }
}
