package dev.crossfade.config;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.event.TableName;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.source.Problem;
import dev.crossfade.source.postgresql.PostgresSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads crossfade.yml. Not safe for several threads; one instance reads one file. */
public final class SettingsFile {
  private static final String URL = "a JDBC URL such as jdbc:postgresql://host:5432/database";

  private final Path file;
  private final List<Problem> problems = new ArrayList<>();
  private final Section.Reading reading;

  private SettingsFile(Path file, Map<String, String> environment) {
    this.file = file;
    this.reading = new Section.Reading(environment, problems);
  }

  /**
   * Reads a file and the domain folders that it names, relative to it.
   *
   * @throws SettingsException with every problem, if there is one
   */
  public static Settings read(Path file, Map<String, String> environment) {
    return new SettingsFile(file.toAbsolutePath().normalize(), environment).read();
  }

  private Settings read() {
    Optional<Section> root = open(reading, file, file.getFileName().toString());
    if (root.isEmpty()) {
      throw new SettingsException(problems);
    }
    PostgresSettings source;
    var stores = new LinkedHashMap<String, DatabaseSettings>();
    DatabaseSettings control;
    KafkaSettings kafka;
    Settings.HttpSettings http;
    var domains = new ArrayList<Domain>();
    try (Section top = root.get()) {
      source = source(top);
      try (Section section = named(top, "stores", "a name and its url, user and password")) {
        for (String name : section.keys()) {
          stores.put(name, database(section, name, 4));
        }
      }
      if (!top.has("control")) {
        top.problem("control", "is missing", "set it to { url: …, user: …, password: … }");
        control = new DatabaseSettings("control", "", "", "", Map.of(), 4);
      } else {
        control = database(top, "control", 4);
      }
      kafka = KafkaSection.read(top);
      http = http(top);
      List<String> folders = top.list("domains");
      if (folders.isEmpty()) {
        top.problem(
            "domains", "names no domain", "list the domains' folders, for example [ order ]");
      }
      for (String folder : folders) {
        new DomainFolder(reading, file.resolveSibling(folder), folder, source.name())
            .read()
            .ifPresent(domains::add);
      }
      checkTogether(top, domains, stores);
    }
    if (!problems.isEmpty()) {
      throw new SettingsException(problems);
    }
    return new Settings(file, source, stores, control, kafka, domains, http);
  }

  static Optional<Section> open(Section.Reading reading, Path file, String shown) {
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      return Optional.of(new Section(reading, shown, "", YamlText.parse(text)));
    } catch (YamlText.Malformed e) {
      reading.problems().add(new Problem(shown, e.getMessage(), "correct the file"));
    } catch (IOException e) {
      String what =
          Files.exists(file)
              ? "cannot be read (" + e.getClass().getSimpleName() + ")"
              : "is not there (looked for " + file + ")";
      reading.problems().add(new Problem(shown, what, "name a file that exists and can be read"));
    }
    return Optional.empty();
  }

  private static Section named(Section top, String key, String meaning) {
    Section section = top.section(key);
    if (section.keys().isEmpty()) {
      top.problem(key, "names none", "give at least one: " + meaning);
    }
    section.keys().forEach(section::has);
    return section;
  }

  private PostgresSettings source(Section top) {
    try (Section section = named(top, "sources", "a name and its kind, url, user and password")) {
      List<String> names = List.copyOf(section.keys());
      if (names.size() > 1) {
        top.problem(
            "sources",
            "names " + names.size() + " sources: " + String.join(", ", names),
            "name one; run one Crossfade for each source");
      }
      if (names.isEmpty()) {
        return new PostgresSettings("source", "jdbc:postgresql:", "", "", Map.of());
      }
      String name = names.get(0);
      int before = problems.size();
      if (!name.matches("[a-z][a-z0-9_]{0,40}")
          || name.startsWith("pg_")
          || Set.of("crossfade", "public", "information_schema").contains(name)) {
        section.problem(
            name,
            "is no name for a source, because the mirror's schema in each store is called like it",
            "use lower-case letters, digits and _, and not public, crossfade or pg_…");
      }
      try (Section one = section.section(name)) {
        String kind = one.text("kind", "postgresql");
        if (!kind.isEmpty() && !kind.equals("postgresql")) {
          one.problem(
              "kind",
              "is \"" + one.shown("kind") + "\"",
              "set it to postgresql, the only kind so far");
        }
        String url = url(one);
        String user = one.text("user", "the role that captures");
        String password = one.textOrEmpty("password");
        Map<String, String> properties = one.texts("properties");
        return problems.size() == before
            ? new PostgresSettings(name, url, user, password, properties)
            : new PostgresSettings("source", "jdbc:postgresql:", user, password, properties);
      }
    }
  }

  private DatabaseSettings database(Section parent, String name, int pool) {
    try (Section one = parent.section(name)) {
      return new DatabaseSettings(
          name,
          url(one),
          one.text("user", "the role that writes"),
          one.textOrEmpty("password"),
          one.texts("properties"),
          one.number("pool", 3, 50, pool));
    }
  }

  private static String url(Section section) {
    String url = section.text("url", URL);
    if (!url.isEmpty() && !url.startsWith("jdbc:postgresql:")) {
      section.problem("url", "does not begin with jdbc:postgresql:", "set it to " + URL);
    } else if (url.matches(".*[?&](password|user)=.*")) {
      section.problem(
          "url", "holds a user or a password", "use the keys user and password beside it");
    }
    return url;
  }

  private static Settings.HttpSettings http(Section top) {
    try (Section section = top.section("http")) {
      return new Settings.HttpSettings(
          section.optionalText("host").orElse("127.0.0.1"), section.number("port", 0, 65535, 8090));
    }
  }

  /** What is wrong with no file alone. */
  private void checkTogether(
      Section top, List<Domain> domains, Map<String, DatabaseSettings> stores) {
    var names = new HashMap<String, Domain>();
    var mirrors = new HashMap<String, Domain>();
    var targets = new HashMap<String, Domain>();
    var mirrored = new HashMap<String, TableName>();
    for (Domain domain : domains) {
      if (names.put(domain.name(), domain) != null) {
        top.problem(
            "domains",
            "has two domains that are called " + domain.name(),
            "give one of them another name in its domain.yml");
        continue;
      }
      DatabaseSettings store = stores.get(domain.store());
      if (store == null) {
        String fix =
            Spelling.nearest(domain.store(), stores.keySet())
                .map(near -> "perhaps " + near + " was meant")
                .orElse("name one of " + String.join(", ", stores.keySet()));
        top.problem(
            "domains",
            "the domain "
                + domain.name()
                + " names the store "
                + domain.store()
                + ", which is not among stores",
            fix);
        continue;
      }
      for (CapturedTable table : domain.tables()) {
        shared(top, mirrors, domain, store, "mirror the table " + table.name());
        TableName other =
            mirrored.putIfAbsent(store.url() + " " + table.name().table(), table.name());
        if (other != null && !other.equals(table.name())) {
          top.problem(
              "domains",
              "capture "
                  + other
                  + " and "
                  + table.name()
                  + " into the store "
                  + store.name()
                  + ", where both would be the mirror's table "
                  + table.name().table(),
              "give one of them a domain with a store of its own");
        }
      }
      for (Target target : domain.targets()) {
        shared(top, targets, domain, store, "derive the table " + target.table());
      }
    }
  }

  private static void shared(
      Section top, Map<String, Domain> taken, Domain domain, DatabaseSettings store, String does) {
    Domain other = taken.putIfAbsent(store.url() + " " + does, domain);
    if (other != null && other != domain) {
      top.problem(
          "domains",
          "the domains "
              + other.name()
              + " and "
              + domain.name()
              + " both "
              + does
              + " in the store "
              + store.name(),
          "make them one domain, or give one of them a store of its own");
    }
  }
}
