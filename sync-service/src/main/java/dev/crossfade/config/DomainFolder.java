package dev.crossfade.config;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.domain.Target;
import dev.crossfade.event.TableName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads a domain's folder: domain.yml and the SELECTs that it names. */
final class DomainFolder {
  private final Section.Reading reading;
  private final Path folder;
  private final String shown;
  private final String source;
  private final int problemsBefore;

  /** Whether a table was refused: what follows from that alone is not said. */
  private boolean refused;

  DomainFolder(Section.Reading reading, Path folder, String shown, String source) {
    this.reading = reading;
    this.folder = folder;
    this.shown = shown + "/domain.yml";
    this.source = source;
    this.problemsBefore = reading.problems().size();
  }

  /** The domain, or empty if anything in its folder is wrong; the problems are reported then. */
  Optional<Domain> read() {
    Optional<Section> root = SettingsFile.open(reading, folder.resolve("domain.yml"), shown);
    if (root.isEmpty()) {
      return Optional.empty();
    }
    String name;
    String store;
    Map<TableName, CapturedTable> tables;
    List<Target> targets;
    try (Section top = root.get()) {
      name = top.text("domain", "the domain's name");
      if (!name.isEmpty() && !name.matches("[a-z][a-z0-9_]{0,40}")) {
        top.problem(
            "domain",
            "is \"" + top.shown("domain") + "\"",
            "use lower-case letters, digits and _, a letter first");
      }
      store = top.text("store", "the name of one of the stores");
      String declared = top.optionalText("source").orElse(source);
      if (!declared.equals(source)) {
        top.problem(
            "source",
            "is \"" + top.shown("source") + "\"",
            "set it to " + source + " or leave it out");
      }
      tables = tables(top);
      targets = targets(top, tables);
    }
    return reading.problems().size() > problemsBefore
        ? Optional.empty()
        : Optional.of(new Domain(name, store, List.copyOf(tables.values()), targets));
  }

  private Map<TableName, CapturedTable> tables(Section top) {
    Map<TableName, Set<String>> sensitive = sensitive(top);
    var result = new LinkedHashMap<TableName, CapturedTable>();
    try (Section tables = top.section("tables")) {
      for (String key : tables.keys()) {
        Optional<TableName> name = name(tables, key);
        tables.has(key);
        try (Section one = tables.section(key)) {
          CapturedTable.Role role = role(one);
          var columns = new LinkedHashSet<>(one.list("columns"));
          if (!columns.isEmpty() && role instanceof CapturedTable.Aggregate aggregate) {
            columns.add(aggregate.column());
          }
          name.ifPresent(
              n -> {
                Set<String> hidden = sensitive.getOrDefault(n, Set.of());
                if (result.containsKey(n)) {
                  tables.problem(key, "names " + n + " a second time", "remove one of the two");
                }
                result.put(n, new CapturedTable(n, role, List.copyOf(columns), hidden));
              });
        }
      }
    }
    if (!refused
        && result.values().stream().noneMatch(t -> t.role() instanceof CapturedTable.Aggregate)) {
      top.problem(
          "tables",
          "names no table with an aggregate",
          "give at least one table as { aggregate: the column that holds the aggregate's id }");
    }
    for (TableName name : sensitive.keySet()) {
      if (!result.containsKey(name)) {
        top.problem("sensitive." + name, "is not among tables", "name a captured table");
      }
    }
    return result;
  }

  private static Optional<TableName> name(Section section, String key) {
    if (key.matches("[^.\"\\s]+(\\.[^.\"\\s]+)?")) {
      return Optional.of(TableName.parse(key));
    }
    section.problem(key, "is no table's name", "write it as table or schema.table, without quotes");
    return Optional.empty();
  }

  private static Map<TableName, Set<String>> sensitive(Section top) {
    var result = new LinkedHashMap<TableName, Set<String>>();
    try (Section section = top.section("sensitive")) {
      for (String key : section.keys()) {
        name(section, key)
            .ifPresent(n -> result.put(n, Set.copyOf(new LinkedHashSet<>(section.list(key)))));
        section.has(key);
      }
    }
    return result;
  }

  private CapturedTable.Role role(Section table) {
    Optional<String> aggregate = table.optionalText("aggregate");
    boolean reference = table.flag("reference");
    Optional<String> dependants =
        table.has("dependants") ? statement(table, "dependants") : Optional.empty();
    if (aggregate.isPresent() == reference) {
      refused = true;
      table.problem(
          "",
          reference ? "has both aggregate and reference" : "has neither aggregate nor reference",
          "name the column that holds the aggregate's id (aggregate: order_id), or write reference: true for a"
              + " table that mappings only look up");
    } else if (!reference && table.has("dependants")) {
      table.problem("dependants", "is given for a table that is no reference", "remove it");
    }
    return aggregate.isPresent()
        ? new CapturedTable.Aggregate(aggregate.get())
        : new CapturedTable.Reference(dependants);
  }

  private List<Target> targets(Section top, Map<TableName, CapturedTable> tables) {
    var result = new ArrayList<Target>();
    try (Section targets = top.section("targets")) {
      if (targets.keys().isEmpty()) {
        top.problem("targets", "names none", "give the service tables that this domain derives");
      }
      for (String key : targets.keys()) {
        name(targets, key);
        targets.has(key);
        try (Section one = targets.section(key)) {
          target(one, key, tables).ifPresent(result::add);
        }
      }
    }
    return result;
  }

  private Optional<Target> target(Section one, String table, Map<TableName, CapturedTable> tables) {
    Optional<String> select = statement(one, "select");
    List<String> key = one.list("key");
    if (key.isEmpty()) {
      one.problem("key", "is missing", "list the columns that identify a row, for example [id]");
    }
    String aggregate = one.text("aggregate", "the target's column that holds the aggregate's id");
    Optional<TableName> per = one.optionalText("per").flatMap(text -> name(one, text));
    if (per.isPresent()
        && !refused
        && !(tables.containsKey(per.get())
            && tables.get(per.get()).role() instanceof CapturedTable.Aggregate)) {
      one.problem(
          "per",
          "is " + per.get() + ", which is not a table with an aggregate of this domain",
          "name the table of which every row derives a row, or leave per out");
    }
    List<String> once = one.list("once");
    for (String column : once) {
      if (key.contains(column) || column.equals(aggregate)) {
        one.problem(
            "once", "names " + column + ", a column of the key or the aggregate", "remove it");
      }
    }
    Target.Triggers triggers =
        switch (one.optionalText("triggers").orElse("")) {
          case "" -> Target.Triggers.UNSTATED;
          case "run" -> Target.Triggers.RUN;
          case "suppress" -> Target.Triggers.SUPPRESS;
          default -> {
            one.problem(
                "triggers",
                "is \"" + one.shown("triggers") + "\"",
                "set it to run (as for any client) or suppress (also skips foreign-key checks)");
            yield Target.Triggers.RUN;
          }
        };
    var owner = one.optionalText("owner");
    if (owner.isPresent() && !owner.get().matches("(?s).*\\bk\\b.*")) {
      one.problem(
          "owner",
          "does not use k",
          "write SQL over k, the source's aggregate id, for example crossfade.uuid5('order', k)");
    }
    var rows = one.optionalText("rows");
    var placeholders = new HashMap<>(one.texts("placeholder"));
    if (select.isEmpty() || key.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Target(
            table,
            select.get(),
            key,
            aggregate,
            owner,
            per,
            Set.copyOf(new LinkedHashSet<>(once)),
            rows,
            placeholders,
            triggers));
  }

  /** A statement that stands in the key itself or in the .sql file that it names. */
  private Optional<String> statement(Section section, String key) {
    String text = section.text(key, "a SELECT, or the file that holds it");
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String named = text;
    if (text.endsWith(".sql")) {
      Path file = folder.resolve(text);
      try {
        text = Files.readString(file);
      } catch (IOException e) {
        section.problem(
            key,
            "names " + text + ", which " + (Files.exists(file) ? "cannot be read" : "is not there"),
            "put the SELECT into " + file);
        return Optional.empty();
      }
    } else {
      named = "the SELECT";
    }
    String bare = SqlText.withoutCommentsAndStrings(text);
    if (!bare.strip().matches("(?is)(select|with)\\b.*")) {
      section.problem(key, named + " is not a SELECT", "begin it with SELECT or WITH");
    } else if (!bare.matches("(?s).*(?<!:):keys\\b.*")) {
      section.problem(
          key,
          named + " does not use :keys, so every change would derive every row",
          "restrict it by the aggregate's id, for example WHERE order_id = any(:keys)");
    } else if (bare.strip().matches("(?s).*;.+")) {
      section.problem(key, named + " holds several statements", "keep one SELECT");
    } else {
      return Optional.of(SqlText.withoutFinalSemicolon(text));
    }
    return Optional.empty();
  }
}
