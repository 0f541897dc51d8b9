package dev.crossfade.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The demo shop's plain files.
 *
 * @param root the folder schemas/shop
 */
public record ShopFiles(Path root) {
  /** The shop's domains, in the order in which they are listed everywhere. */
  public static final List<String> DOMAINS = List.of("product", "inventory", "order", "auth");

  public ShopFiles {
    if (!Files.isRegularFile(root.resolve("legacy.sql"))) {
      throw new LabException("the shop's files are not in " + root + ": it has no legacy.sql");
    }
  }

  /** Looks for schemas/shop in the working folder and those above it. */
  public static ShopFiles find() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path root = at.resolve("schemas").resolve("shop");
      if (Files.isDirectory(root)) {
        return new ShopFiles(root);
      }
    }
    throw new LabException(
        "schemas/shop is not in " + Path.of("").toAbsolutePath() + " or a folder above it");
  }

  /** The legacy's DDL. */
  public String legacy() {
    return read("legacy.sql");
  }

  /** The DDL of the service that owns the domain. */
  public String service(String domain) {
    return read(domain + "-service.sql");
  }

  /** The folder of a domain's domain.yml. */
  public Path domain(String domain) {
    return root.resolve("domains").resolve(domain);
  }

  private String read(String file) {
    try {
      return Files.readString(root.resolve(file));
    } catch (IOException e) {
      throw new LabException("could not read " + root.resolve(file) + ": " + e.getMessage(), e);
    }
  }
}
