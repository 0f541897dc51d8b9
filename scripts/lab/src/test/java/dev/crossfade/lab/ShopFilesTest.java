package dev.crossfade.lab;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class ShopFilesTest {
  static final List<String> DOMAINS = ShopFiles.DOMAINS;

  @ParameterizedTest
  @FieldSource("DOMAINS")
  void everySelectPreparesWithKeysOfAnUnnamedType(String domain) throws IOException, SQLException {
    ShopFiles shop = ShopFiles.find();
    PostgresServer server = Servers.stores();
    String store = Servers.freshDatabase(server, domain);
    server.execute(store, shop.service(domain));
    server.execute(store, "create schema legacy; set search_path = legacy;" + shop.legacy());
    try (Stream<Path> files = Files.list(shop.domain(domain));
        Connection connection = server.connect(store);
        Statement statement = connection.createStatement()) {
      List<Path> selects = files.filter(f -> f.toString().endsWith(".sql")).toList();
      assertTrue(!selects.isEmpty());
      for (Path select : selects) {
        String name = select.getFileName().toString().replace('.', '_');
        statement.execute(
            "prepare " + name + " as " + Files.readString(select).replace(":keys", "$1"));
        statement.execute("execute " + name + "('{}')");
      }
    }
  }
}
