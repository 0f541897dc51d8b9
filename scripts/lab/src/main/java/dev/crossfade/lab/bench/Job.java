package dev.crossfade.lab.bench;

import dev.crossfade.lab.LabException;
import dev.crossfade.lab.ShopFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** What the pipelines of a run are to do with the legacy's orders. */
enum Job {
  /** The order domain of the shop, with its mapping. */
  SHOP(
      StateHash.SHOP_LEGACY,
      StateHash.SHOP_STORE,
      List.of("sales_orders", "sales_items", "products")),
  /** The same tables row for row, which other products can do, too. */
  ROWS(StateHash.ROWS_LEGACY, StateHash.ROWS_STORE, List.of("sales_orders", "sales_items"));

  private final StateHash expected;
  private final StateHash actual;
  private final List<String> captured;

  Job(StateHash expected, StateHash actual, List<String> captured) {
    this.expected = expected;
    this.actual = actual;
    this.captured = captured;
  }

  /** The state by the legacy. */
  StateHash expected() {
    return expected;
  }

  /** The state of a store with the tables of the order service. */
  StateHash actual() {
    return actual;
  }

  /** The legacy's tables that are read. */
  List<String> captured() {
    return captured;
  }

  /**
   * The domain's folder and the DDL of its service: the shop's own, or those of this class, laid
   * out alike.
   *
   * @param folder where to put them, if they are not the shop's
   */
  ShopFiles files(ShopFiles shop, Path folder) throws IOException {
    if (this == SHOP) {
      return shop;
    }
    Path domain = Files.createDirectories(folder.resolve("domains").resolve("order"));
    Files.writeString(folder.resolve("legacy.sql"), shop.legacy());
    copy("order-service.sql", folder);
    for (String file : List.of("domain.yml", "orders.sql", "order_items.sql")) {
      copy(file, domain);
    }
    return new ShopFiles(folder);
  }

  /** Those files with so many domains more that are like the one of the orders. */
  static ShopFiles copies(ShopFiles files, Path folder, List<String> domains) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("legacy.sql"), files.legacy());
    for (String domain : domains) {
      Files.writeString(folder.resolve(domain + "-service.sql"), files.service("order"));
      Path own = Files.createDirectories(folder.resolve("domains").resolve(domain));
      try (Stream<Path> all = Files.list(files.domain("order"))) {
        for (Path file : all.toList()) {
          String text =
              Files.readString(file)
                  .replace(
                      "domain: order\nstore: order-store\n",
                      "domain: %1$s\nstore: %1$s-store\n".formatted(domain));
          Files.writeString(own.resolve(file.getFileName()), text);
        }
      }
    }
    return new ShopFiles(folder);
  }

  private static void copy(String file, Path folder) throws IOException {
    try (InputStream in = Job.class.getResourceAsStream("rows/" + file)) {
      if (in == null) {
        throw new LabException("the benchmark has no rows/" + file);
      }
      Files.copy(in, folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
