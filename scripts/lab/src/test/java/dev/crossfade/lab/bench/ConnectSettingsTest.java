package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.lab.PostgresServer;
import dev.crossfade.lab.Servers;
import dev.crossfade.lab.ShopFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The peers' settings and the tables that they copy. */
class ConnectSettingsTest {
  private static PostgresServer server;
  private static ShopFiles files;

  @BeforeAll
  static void start() throws Exception {
    Path folder = Servers.freshFolder("rows");
    server = PostgresServer.start(folder, 0, Map.of());
    files = Job.ROWS.files(ShopFiles.find(), folder.resolve("rows"));
    server.createDatabase("legacy");
    server.execute("legacy", ShopFiles.find().legacy());
    server.createDatabase("store");
    server.execute("store", files.service("order"));
  }

  @AfterAll
  static void stop() {
    server.kill();
  }

  @Test
  void theColumnsAreThoseOfTheLegacyAndOfTheStore() throws Exception {
    for (RowShape.Table table : RowShape.TABLES) {
      assertEquals(
          columns("legacy", table.legacy()),
          table.columns().stream()
              .map(c -> c.legacy() + " " + c.type() + " " + c.optional())
              .toList());
      assertEquals(
          columns("store", table.store()),
          table.columns().stream()
              .map(c -> c.store() + " " + c.type() + " " + c.optional())
              .toList());
    }
  }

  private static List<String> columns(String database, String table) throws Exception {
    List<String> columns = new ArrayList<>();
    try (Connection connection = server.connect(database);
        ResultSet rows = connection.getMetaData().getColumns(null, "public", table, "%")) {
      while (rows.next()) {
        String type =
            switch (rows.getString("TYPE_NAME")) {
              case "uuid" -> "UUID";
              case "int4" -> "INTEGER";
              case "numeric" -> rows.getInt("DECIMAL_DIGITS") == 2 ? "MONEY" : "other";
              case "timestamp" -> "TIMESTAMP";
              case "text" -> "TEXT";
              default -> "other";
            };
        boolean optional = rows.getString("IS_NULLABLE").equals("YES");
        columns.add(rows.getString("COLUMN_NAME") + " " + type + " " + optional);
      }
    }
    return columns;
  }

  @Test
  void theMappingSelectsEachColumnByItsNewName() throws Exception {
    for (RowShape.Table table : RowShape.TABLES) {
      String select = Files.readString(files.domain("order").resolve(table.store() + ".sql"));
      String written =
          select
              .replaceAll("(?s)^SELECT|FROM.*$", "")
              .replaceAll("\\b[io]\\.", "")
              .replaceAll("\\s+", " ")
              .strip();
      assertEquals(
          table.columns().stream()
              .map(c -> c.legacy().equals(c.store()) ? c.store() : c.legacy() + " AS " + c.store())
              .collect(Collectors.joining(", ")),
          written);
    }
  }

  @Test
  void aSinkKnowsTheSchemaOfItsTopicAndRenamesWhatIsCalledOtherwise() throws Exception {
    Store store = new Store(server, "store", Store.Names.SERVICE, StateHash.ROWS_STORE);
    Properties items = ConnectSettings.sink("items", store, RowShape.ITEMS);
    assertEquals("connect.public.sales_items", items.getProperty("topics"));
    assertEquals("order_items", items.getProperty("collection.name.format"));
    assertEquals("key,value", items.getProperty("transforms"));
    assertEquals("sales_item_id:item_id", items.getProperty("transforms.key.renames"));
    assertEquals(
        "sales_item_id:item_id,discount:discount_amount",
        items.getProperty("transforms.value.renames"));
    JsonNode key = new ObjectMapper().readTree(items.getProperty("key.converter.schema.content"));
    assertEquals(1, key.path("fields").size());
    assertEquals("io.debezium.data.Uuid", key.path("fields").path(0).path("name").asText());
    JsonNode value =
        new ObjectMapper().readTree(items.getProperty("value.converter.schema.content"));
    assertEquals(RowShape.ITEMS.columns().size(), value.path("fields").size());
    JsonNode discount = value.path("fields").path(5);
    assertTrue(discount.path("optional").asBoolean());
    assertEquals("2", discount.path("parameters").path("scale").asText());
    Properties orders = ConnectSettings.sink("orders", store, RowShape.ORDERS);
    assertEquals("value", orders.getProperty("transforms"));
  }

  @Test
  void theSourceReadsTheTablesAndMakesDeletesForTheSink() {
    Properties source = ConnectSettings.source(server);
    assertEquals(
        "public.sales_orders,public.sales_items", source.getProperty("table.include.list"));
    assertEquals("initial", source.getProperty("snapshot.mode"));
    assertEquals(
        "delete-to-tombstone",
        source.getProperty("transforms.unwrap.delete.tombstone.handling.mode"));
  }

  @Test
  void aStoreTellsWhenTheRowsOfAFenceHaveComeAndGone() throws Exception {
    server.createDatabase("told");
    server.execute("told", files.service("order"));
    server.execute("told", "alter table order_items rename item_id to sales_item_id");
    server.execute("told", "alter table order_items rename to sales_items");
    server.execute("told", "alter table orders rename to sales_orders");
    Store store = new Store(server, "told", Store.Names.LEGACY, StateHash.ROWS_LEGACY);
    store.instrument();
    String gone = "00000000-0000-0000-0000-0000000000aa";
    server.execute("told", order(gone) + ";" + item(gone));
    Fence fence = new Fence("00000000-0000-0000-0000-00000000000f", Optional.of(gone), 1);
    try (Connection connection = store.connect()) {
      long nothing = store.changes(connection);
      server.execute("told", order(fence.id()));
      assertFalse(store.has(connection, fence));
      assertTrue(store.changes(connection) > nothing);
      long before = System.nanoTime();
      server.execute("told", item(fence.id()));
      assertFalse(store.has(connection, fence), "nothing has gone");
      server.execute("told", "delete from sales_orders where order_id = '" + gone + "'");
      assertFalse(store.has(connection, fence), "the item has not gone");
      server.execute("told", "delete from sales_items where order_id = '" + gone + "'");
      assertTrue(store.has(connection, fence));
      long at = store.at(fence);
      assertTrue(at > before - 1_000_000_000L && at < System.nanoTime());
      server.execute("told", order(gone) + ";" + item(gone));
      assertTrue(store.lastBut(fence) >= at - 1_000_000L);
    }
  }

  private static String order(String id) {
    return "insert into sales_orders values ('"
        + id
        + "', null, 'n', 's', null, 's', 1, 1, 1, 1, null, null, null, null, null, null, now(), now())";
  }

  private static String item(String id) {
    return "insert into sales_items values ('"
        + id
        + "', '"
        + id
        + "', '"
        + id
        + "', 1, 1, null, 1, now())";
  }
}
