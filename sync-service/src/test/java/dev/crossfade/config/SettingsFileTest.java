package dev.crossfade.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.event.TableName;
import dev.crossfade.source.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsFileTest {
  private static final Map<String, String> ENVIRONMENT = Map.of("SECRET", "a: { b } # c ${SECRET}");

  @TempDir Path folder;

  @BeforeEach
  void writesAValidConfiguration() throws IOException {
    Files.writeString(
        folder.resolve("crossfade.yml"),
        """
        sources: { legacy: { kind: postgresql, url: jdbc:postgresql://db/shop, user: capture, password: ${SECRET} } }
        stores:
          order-store: { url: jdbc:postgresql://db/order, user: apply, password: "${SECRET}", properties: { sslmode: require }, pool: 6 }
          other-store: { url: jdbc:postgresql://db/other, user: apply }
        control: { url: jdbc:postgresql://db/control, user: apply }
        kafka: { bootstrap.servers: "a:9092,b:9092", retention: 12h, replication.factor: 3, security.protocol: SASL_SSL }
        domains: [ order ]
        http: { host: 0.0.0.0, port: 0 }
        """);
    writeDomain("order", "order-store");
  }

  private void writeDomain(String name, String store) throws IOException {
    Path domain = Files.createDirectories(folder.resolve(name));
    Files.writeString(
        domain.resolve("domain.yml"),
        """
        domain: %s
        store: %s
        tables:
          sales_orders: { aggregate: order_id }
          app.items: { aggregate: order_id, columns: [item_id, note] }
          products: { reference: true, columns: [product_id, name], dependants: products.sql }
          brands: { reference: true }
        targets:
          orders: { select: orders.sql, key: [order_id], aggregate: order_id, per: sales_orders }
          app.items:
            select: SELECT * FROM legacy.items WHERE order_id = any(:keys)
            key: item_id
            aggregate: order_uuid
            owner: crossfade.uuid5('order', k)
            once: [product_name]
            rows: source = 'legacy'
            placeholder: { number: "'moving-' || t.id" }
            triggers: suppress
        sensitive: { sales_orders: [customer_name] }
        """
            .formatted(name, store));
    Files.writeString(
        domain.resolve("orders.sql"),
        "-- orders; all of them\nSELECT ';' AS x FROM legacy.sales_orders WHERE order_id = any(:keys);\n-- end\n");
    Files.writeString(
        domain.resolve("products.sql"),
        "SELECT order_id FROM legacy.items WHERE product_id = any(:keys)");
  }

  private Settings read() {
    return SettingsFile.read(folder.resolve("crossfade.yml"), ENVIRONMENT);
  }

  private List<Problem> problems() {
    return assertThrows(SettingsException.class, this::read).problems();
  }

  private void replace(String file, String what, String by) throws IOException {
    Path path = folder.resolve(file);
    String text = Files.readString(path);
    assertTrue(text.contains(what), () -> file + " has no " + what);
    Files.writeString(path, text.replace(what, by));
  }

  @Test
  void readsEveryKey() {
    Settings settings = read();
    assertEquals("legacy", settings.source().name());
    assertEquals("capture", settings.source().user());
    assertEquals(12, settings.kafka().retention().toHours());
    assertEquals(3, settings.kafka().replicationFactor());
    assertEquals(
        Map.of("bootstrap.servers", "a:9092,b:9092", "security.protocol", "SASL_SSL"),
        settings.kafka().properties());
    DatabaseSettings store = settings.stores().get("order-store");
    assertEquals(Map.of("sslmode", "require"), store.properties());
    assertEquals(6, store.pool());
    assertEquals(new Settings.HttpSettings("0.0.0.0", 0), settings.http());
    Domain domain = settings.domains().get(0);
    assertEquals(
        List.of("item_id", "note", "order_id"),
        domain.table(new TableName("app", "items")).orElseThrow().columns());
    assertEquals(
        new CapturedTable.Reference(
            Optional.of("SELECT order_id FROM legacy.items WHERE product_id = any(:keys)")),
        domain.table(TableName.parse("products")).orElseThrow().role());
    assertEquals(
        Set.of("customer_name"),
        domain.table(TableName.parse("sales_orders")).orElseThrow().sensitive());
    Target orders = domain.targets().get(0);
    assertEquals(
        "-- orders; all of them\nSELECT ';' AS x FROM legacy.sales_orders WHERE order_id = any(:keys)",
        orders.select());
    assertEquals(Optional.of(TableName.parse("sales_orders")), orders.per());
    Target items = domain.targets().get(1);
    assertEquals(List.of("item_id"), items.key());
    assertEquals(Optional.of("crossfade.uuid5('order', k)"), items.owner());
    assertEquals(Optional.of("source = 'legacy'"), items.rows());
    assertEquals(Map.of("number", "'moving-' || t.id"), items.placeholders());
    assertEquals(Target.Triggers.SUPPRESS, items.triggers());
  }

  @Test
  void takesASecretAsItIs() {
    Settings settings = read();
    assertEquals("a: { b } # c ${SECRET}", settings.source().password());
    assertEquals("a: { b } # c ${SECRET}", settings.stores().get("order-store").password());
  }

  @Test
  void showsNoSecretInAnything() throws IOException {
    assertFalse(read().toString().contains("{ b }"), "settings print a password");
    replace("crossfade.yml", "port: 0", "port: ${SECRET}");
    replace("crossfade.yml", "kind: postgresql", "kind: ${SECRET}");
    for (Problem problem : problems()) {
      assertFalse(problem.sentence().contains("{ b }"), problem::sentence);
    }
  }

  @Test
  void hasDefaults() throws IOException {
    replace("crossfade.yml", "http: { host: 0.0.0.0, port: 0 }", "");
    replace("crossfade.yml", "retention: 12h, replication.factor: 3,", "");
    Settings settings = read();
    assertEquals(new Settings.HttpSettings("127.0.0.1", 8090), settings.http());
    assertEquals(Duration.ofDays(7), settings.kafka().retention());
    assertEquals(1, settings.kafka().replicationFactor());
    assertEquals(4, settings.control().pool());
  }

  @Test
  void namesEveryProblemAtOnce() throws IOException {
    replace("crossfade.yml", "password: ${SECRET}", "password: ${MISSING}");
    replace("crossfade.yml", "port: 0", "port: 70000");
    replace("crossfade.yml", "retention: 12h", "retention: soon");
    replace("order/domain.yml", "aggregate: order_uuid", "agregate: order_uuid");
    replace("order/domain.yml", "select: orders.sql", "select: nowhere.sql");
    List<String> sentences = problems().stream().map(Problem::sentence).toList();
    assertEquals(6, sentences.size(), () -> String.join("\n", sentences));
    assertTrue(sentences.get(0).contains("sources.legacy.password"));
    assertTrue(sentences.get(0).contains("MISSING"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          crossfade.yml    | kind: postgresql        | kind: oracle            | sources.legacy.kind is "oracle"
          crossfade.yml    | kind: postgresql,       | kind: postgresql, usr: x, | perhaps user was meant
          crossfade.yml    | url: jdbc:postgresql://db/shop | url: postgres://db/shop | does not begin with jdbc:postgresql:
          crossfade.yml    | url: jdbc:postgresql://db/shop | url: "jdbc:postgresql://db/shop?password=x" | holds a user or a password
          crossfade.yml    | sources: { legacy:      | sources: { public:      | sources.public is no name for a source
          crossfade.yml    | user: capture,          | ''                      | sources.legacy.user is missing
          crossfade.yml    | control: { url: jdbc:postgresql://db/control, user: apply } | '' | control is missing
          crossfade.yml    | bootstrap.servers: "a:9092,b:9092", | ''          | kafka.bootstrap.servers is missing
          crossfade.yml    | security.protocol       | securty.protocol        | perhaps security.protocol was meant
          crossfade.yml    | security.protocol: SASL_SSL | acks: 1             | kafka.acks is set by Crossfade itself
          crossfade.yml    | retention: 12h          | retention: 10s          | kafka.retention is "10s"
          crossfade.yml    | pool: 6                 | pool: many              | stores.order-store.pool is "many"
          crossfade.yml    | domains: [ order ]      | ''                      | domains names no domain
          crossfade.yml    | domains: [ order ]      | domains: [ orders ]     | orders/domain.yml is not there
          crossfade.yml    | http:                   | htpp:                   | htpp is not a key that Crossfade knows; perhaps http was meant
          crossfade.yml    | domains: [ order ]      | domains: [ order        | is not valid YAML
          order/domain.yml | domain: order           | domain: Order-1         | domain is "Order-1"
          order/domain.yml | store: order-store      | store: order-stor       | perhaps order-store was meant
          order/domain.yml | { aggregate: order_id } | { }                     | tables.sales_orders has neither aggregate nor reference
          order/domain.yml | { aggregate: order_id } | { aggregate: order_id, reference: true } | has both aggregate and reference
          order/domain.yml | key: [order_id],        | ''                      | targets.orders.key is missing
          order/domain.yml | per: sales_orders       | per: sales_order        | targets.orders.per is public.sales_order
          order/domain.yml | per: sales_orders       | per: products           | is not a table with an aggregate
          order/domain.yml | once: [product_name]    | once: [item_id]         | targets.app.items.once names item_id
          order/domain.yml | triggers: suppress      | triggers: maybe         | targets.app.items.triggers is "maybe"
          order/domain.yml | owner: crossfade.uuid5('order', k) | owner: order_id | does not use k
          order/domain.yml | sensitive: { sales_orders | sensitive: { salesorders | is not among tables
          order/domain.yml | any(:keys)              | any(keys)               | does not use :keys
          order/orders.sql | any(:keys)              | '2 -- :keys'            | orders.sql does not use :keys
          order/orders.sql | SELECT                  | DELETE                  | orders.sql is not a SELECT
          order/orders.sql | any(:keys);             | any(:keys); SELECT 1    | orders.sql holds several statements
          """)
  void explainsWhatIsWrong(String file, String what, String by, String expected)
      throws IOException {
    replace(file, what, by);
    List<String> sentences = problems().stream().map(Problem::sentence).toList();
    assertTrue(
        sentences.stream().anyMatch(s -> s.contains(expected)), () -> String.join("\n", sentences));
  }

  @Test
  void refusesTwoDomainsThatMirrorOneTableInOneStore() throws IOException {
    writeDomain("sales", "order-store");
    replace("crossfade.yml", "[ order ]", "[ order, sales ]");
    List<String> sentences = problems().stream().map(Problem::sentence).toList();
    assertTrue(
        sentences.get(0).contains("order and sales both mirror the table public.sales_orders"),
        sentences.get(0));
    replace("sales/domain.yml", "store: order-store", "store: other-store");
    assertEquals(2, read().domains().size());
  }

  @Test
  void aDomainHasTwoConnectionsToAStoreWhosePoolHasTwoForEach() {
    Domain domain = read().domains().get(0);
    assertTrue(shared(3).twoConnections(domain));
    assertFalse(shared(4).twoConnections(domain));
  }

  /** With so many domains in the store with a pool of 6. */
  private Settings shared(int domains) {
    Settings read = read();
    return new Settings(
        read.file(),
        read.source(),
        read.stores(),
        read.control(),
        read.kafka(),
        Collections.nCopies(domains, read.domains().get(0)),
        read.http());
  }

  @Test
  void mergesWhatSeveralDomainsTakeOfATable() throws IOException {
    writeDomain("sales", "other-store");
    replace("sales/domain.yml", "columns: [item_id, note]", "columns: [price]");
    replace("crossfade.yml", "[ order ]", "[ order, sales ]");
    CapturedTable items =
        read().capturedTables().stream()
            .filter(t -> t.name().table().equals("items"))
            .findFirst()
            .orElseThrow();
    assertEquals(Set.of("item_id", "note", "price", "order_id"), Set.copyOf(items.columns()));
  }

  @Test
  void saysWhereItLookedForTheFile() {
    var e =
        assertThrows(
            SettingsException.class,
            () -> SettingsFile.read(folder.resolve("absent.yml"), ENVIRONMENT));
    assertTrue(e.getMessage().contains("absent.yml is not there"), e.getMessage());
  }
}
