package dev.crossfade.model;

import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.lab.ShopFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** A flow of three domains over one legacy, each with a ledger, and what its stores must show. */
final class World implements AutoCloseable {
  static final List<String> DOMAINS = List.of("rental", "order", "auth");
  private static final Path RENTAL = Path.of("src/test/resources/scenarios/rental");
  private static final Path HERE = Path.of("src/test/resources/scenarios/model");

  private final FlowFixture flow = new FlowFixture();

  World() throws IOException, SQLException {
    ShopFiles shop = ShopFiles.find();
    flow.legacy(Files.readString(RENTAL.resolve("source.sql")))
        .legacy(shop.legacy())
        .legacy(file("legacy.sql"));
    Path scratch = Servers.freshFolder("model");
    for (String domain : DOMAINS) {
      boolean rental = domain.equals("rental");
      String ddl = rental ? Files.readString(RENTAL.resolve("store.sql")) : shop.service(domain);
      flow.store(domain + "-store", ddl + ";\n" + file("store.sql"));
      Path from = rental ? RENTAL.resolve("domain") : shop.domain(domain);
      flow.domain(withLedger(domain, from, scratch.resolve(domain)));
    }
  }

  private static String file(String name) throws IOException {
    return Files.readString(HERE.resolve(name));
  }

  /** A domain with its ledger as one more table and one more target. */
  private static Path withLedger(String domain, Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (var listed = Files.list(from)) {
      for (Path file : listed.toList()) {
        String text = Files.readString(file);
        if (file.endsWith("domain.yml")) {
          String table = "ledger_" + domain;
          text =
              text.replaceFirst("(?m)^tables:$", "tables:\n  " + table + ": { aggregate: id }")
                  .replaceFirst(
                      "(?m)^targets:$",
                      "targets:\n  ledger: { select: ledger.sql, key: [id], aggregate: id, per: "
                          + table
                          + ", triggers: run }");
        }
        Files.writeString(to.resolve(file.getFileName()), text);
      }
    }
    Files.writeString(
        to.resolve("ledger.sql"),
        "SELECT id, n, mark FROM legacy.ledger_%s WHERE id = any(:keys)".formatted(domain));
    return to;
  }

  FlowFixture flow() {
    return flow;
  }

  /** After the first load is derived: what needs Crossfade's functions in the stores. */
  void openEyes() throws Exception {
    for (String domain : DOMAINS) {
      try (Connection store = store(domain);
          var statement = store.createStatement()) {
        statement.execute(file("store-" + domain + ".sql") + file("snapshot.sql"));
      }
    }
  }

  Connection store(String domain) throws SQLException {
    return flow.storeConnection(domain + "-store");
  }

  /** The domain's name in this flow. */
  String name(String domain) {
    return flow.domains().get(DOMAINS.indexOf(domain));
  }

  /** Some of the aggregates that wait to be derived, or are parked. */
  List<String> waiting(String domain) throws SQLException {
    return flow.query(
        domain + "-store", "select type, id, reason, attempts from crossfade.dirty limit 5");
  }

  /** How many transactions of a domain were committed. */
  long committed(String domain) throws SQLException {
    return number(flow.queryLegacy("select n from ledger_" + domain));
  }

  /** How many of them the store shows. */
  long shown(String domain) throws SQLException {
    return number(flow.query(domain + "-store", "select n from ledger"));
  }

  private static long number(List<String> rows) {
    return Long.parseLong(rows.get(0));
  }

  /** Rows by which a store differs from what the legacy says it must have. */
  List<String> differences(String domain) throws SQLException {
    String columns = "select target, key, content from ";
    var expected = new TreeSet<>(flow.queryLegacy(columns + "oracle_" + domain));
    var found = new TreeSet<>(flow.query(domain + "-store", columns + "seen"));
    var differences = new ArrayList<String>();
    expected.stream().filter(r -> !found.contains(r)).forEach(r -> differences.add("lacks " + r));
    found.stream().filter(r -> !expected.contains(r)).forEach(r -> differences.add("has " + r));
    return differences;
  }

  /** Items that do not have the product's name at the time of their own transaction. */
  List<String> wrongNames() throws SQLException {
    var expected =
        new TreeSet<>(
            flow.queryLegacy(
                "select sales_item_id, product_name from item_names join sales_items using (sales_item_id) where lives = 1"));
    expected.removeAll(flow.query("order-store", "select item_id, product_name from order_items"));
    return List.copyOf(expected);
  }

  /** What the triggers in a store noticed and must not happen. */
  List<String> offences(String domain) throws SQLException {
    var offences = new ArrayList<String>();
    offences.addAll(
        flow.query(
            domain + "-store",
            "select 'written without a difference: ' || tab || ' ' || count(*) from noticed_idle group by tab"));
    offences.addAll(
        flow.query(
            domain + "-store",
            """
            select 'deleted and inserted again in one transaction: ' || tab || ' ' || key
            from noticed_life group by tab, key, tx having count(distinct op) > 1 limit 5
            """));
    offences.addAll(
        flow.query(
            domain + "-store",
            """
            select 'twice in one life: ' || tab || ' ' || key || ' ' || op from (
              select tab, key, op, lag(op) over (partition by tab, key order by n) as before from noticed_life) x
            where op = before limit 5
            """));
    offences.addAll(
        flow.query(
            domain + "-store",
            "select 'parked: ' || id || ' ' || reason from crossfade.dirty where reason is not null limit 5"));
    return offences;
  }

  /** The versions of all rows of a store, and its sequences: unchanged means not written. */
  List<String> versions(String domain) throws SQLException {
    var versions = new ArrayList<String>();
    String store = domain + "-store";
    for (String table :
        flow.query(
            store,
            "select quote_ident(relname) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1")) {
      versions.add(
          table
              + " "
              + flow.query(
                  store,
                  "select count(*), coalesce(sum(hashtext(ctid::text || xmin::text)::bigint), 0) from "
                      + table));
    }
    for (String sequence :
        flow.query(
            store,
            "select quote_ident(relname) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S' order by 1")) {
      versions.add(sequence + " " + flow.query(store, "select last_value from " + sequence));
    }
    return versions;
  }

  @Override
  public void close() {
    flow.close();
  }
}
