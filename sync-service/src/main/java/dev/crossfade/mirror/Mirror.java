package dev.crossfade.mirror;

import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.store.Quote;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The mirror of one domain in its store. For one thread at a time; every method with a connection
 * runs inside the caller's transaction, which holds the domain's lock.
 */
public final class Mirror {
  /** Nothing is older than its load. */
  private static final int FIRST_EPOCH = 1;

  /** For what reads whole tables, to the end of the transaction. */
  private static final String WHOLE_TABLES =
      "set local enable_seqscan = on; set local work_mem = '64MB'";

  private final String schema;
  private final Map<TableName, MirrorTable> tables;
  private final boolean hasReferences;

  /** Positions of truncations; the domain's owner is the only one who adds to them. */
  private final Map<TableName, Position> floors = new HashMap<>();

  /**
   * @param source the source's name, which is the mirror's schema
   * @param shapes of the domain's tables; a shape that the domain does not capture is left out
   */
  public Mirror(String source, Domain domain, List<TableShape> shapes) {
    this.schema = source;
    this.tables =
        shapes.stream()
            .filter(shape -> domain.table(shape.name()).isPresent())
            .collect(
                toMap(
                    TableShape::name,
                    shape -> new MirrorTable(source, shape, domain.table(shape.name()).get()),
                    (a, b) -> b,
                    LinkedHashMap::new));
    this.hasReferences = tables.values().stream().anyMatch(Mirror::isReference);
    var names = new HashMap<String, TableName>();
    for (TableName name : tables.keySet()) {
      TableName other = names.put(name.table(), name);
      if (other != null) {
        throw new IllegalArgumentException(
            "domain %s captures %s and %s, which would both be %s.%s in the mirror; capture one of them in another domain, with another store"
                .formatted(domain.name(), other, name, source, name.table()));
      }
    }
  }

  /** Creates what is missing and reads the floors. Statistics come with {@link #endLoad}. */
  public void ensure(Connection connection) throws SQLException {
    Map<String, Map<String, String>> found = columns(connection);
    try (Statement statement = connection.createStatement()) {
      if (found.isEmpty()) {
        statement.execute("create schema if not exists " + Quote.name(schema));
      }
      for (MirrorTable table : tables.values()) {
        String plain = table.shape().name().table();
        for (String ddl : table.ddl(found.getOrDefault(plain, Map.of()))) {
          statement.execute(ddl);
        }
      }
      floors.clear();
      try (ResultSet rows =
          statement.executeQuery(
              "select table_name, epoch, base::text, lsn::text from crossfade.floor")) {
        while (rows.next()) {
          floors.put(
              TableName.parse(rows.getString(1)),
              new Position(
                  rows.getInt(2), Lsn.parse(rows.getString(3)), Lsn.parse(rows.getString(4))));
        }
      }
    }
  }

  /** The tables that the mirror's schema has, with their columns and the types of those. */
  private Map<String, Map<String, String>> columns(Connection connection) throws SQLException {
    var found = new HashMap<String, Map<String, String>>();
    String sql =
        """
        select c.relname, a.attname, format_type(a.atttypid, nullif(a.atttypmod, -1))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname = ? and c.relkind = 'r'
        """;
    try (PreparedStatement read = connection.prepareStatement(sql)) {
      read.setString(1, schema);
      try (ResultSet rows = read.executeQuery()) {
        while (rows.next()) {
          found
              .computeIfAbsent(rows.getString(1), table -> new HashMap<>())
              .put(rows.getString(2), rows.getString(3));
        }
      }
    }
    return found;
  }

  /**
   * Merges changes, which come in the order of the topic, to what has to be written. Nothing is
   * sent to the store.
   *
   * @param loadedEpoch changes of older epochs are refused: their rows were deleted by a later load
   */
  @SuppressWarnings("ReferenceEquality")
  public MirrorBatch merge(List<ChangeEvent> changes, int loadedEpoch) {
    var merged = new HashMap<TableName, MergedTable>();
    var touched = new Touched();
    TableName last = null;
    MergedTable into = null;
    for (ChangeEvent change : changes) {
      if (change.table() != last) { // records that are read one after the other share their names
        last = change.table();
        MirrorTable table = tables.get(last);
        into =
            table == null
                ? null
                : merged.computeIfAbsent(last, t -> new MergedTable(table, loadedEpoch));
      }
      if (into == null || change.position().epoch() < loadedEpoch || sunk(change)) {
        continue;
      }
      into.add(change);
      Optional<String> aggregate = into.table.aggregate();
      if (aggregate.isPresent() && change.op() != ChangeEvent.Op.READ) {
        touched.add(into.table, aggregate.get(), change.key());
        touched.add(into.table, aggregate.get(), change.before());
        touched.add(into.table, aggregate.get(), change.after());
      }
    }
    merged.forEach((name, table) -> table.truncated.ifPresent(at -> floors.put(name, at)));
    List<MergedTable> inOrder =
        tables.keySet().stream().map(merged::get).filter(Objects::nonNull).toList();
    return new MirrorBatch(inOrder, touched.ids(), references(changes));
  }

  private boolean sunk(ChangeEvent change) {
    if (floors.isEmpty()) {
      return false; // as almost always
    }
    Position floor = floors.get(change.table());
    return floor != null && change.position().compareTo(floor) <= 0;
  }

  /**
   * The end of a load: rows that older epochs left are deleted, the planner learns what is there,
   * and every aggregate becomes dirty.
   *
   * @return how many aggregates are dirty now
   */
  public long endLoad(Connection connection, String domain, int epoch) throws SQLException {
    long dirty = markAll(connection, domain);
    for (MirrorTable table : tables.values()) {
      try (Statement statement = connection.createStatement()) {
        if (epoch > FIRST_EPOCH) {
          statement.executeUpdate("delete from " + table.table() + " where _epoch < " + epoch);
        }
        statement.executeUpdate(
            "delete from crossfade.deleted where table_name = '%s' and epoch < %d"
                .formatted(table.plainName().replace("'", "''"), epoch));
        statement.execute("analyze " + table.table());
      }
    }
    return dirty;
  }

  private long markAll(Connection connection, String domain) throws SQLException {
    List<MirrorTable> marked =
        tables.values().stream().filter(table -> table.aggregate().isPresent()).toList();
    if (marked.isEmpty()) {
      return 0;
    }
    String sql =
        marked.stream()
            .map(
                table ->
                    "select cast(? as text) as type, id::text as id from (select distinct %1$s%3$s as id from %2$s where %1$s is not null) t"
                        .formatted(
                            Quote.name(table.aggregate().orElseThrow()),
                            table.table(),
                            table.textTellsAggregates() ? "" : "::text"))
            .collect(
                joining(
                    " union ",
                    "insert into crossfade.dirty (domain, type, id) select ?, type, id from (",
                    ") all_of_them order by type, id on conflict do nothing"));
    try (Statement settings = connection.createStatement();
        PreparedStatement insert = connection.prepareStatement(sql)) {
      settings.execute(WHOLE_TABLES);
      insert.setString(1, domain);
      for (int i = 0; i < marked.size(); i++) {
        MirrorTable table = marked.get(i);
        insert.setString(i + 2, table.canonicalType(table.aggregate().orElseThrow()));
      }
      return insert.executeLargeUpdate();
    }
  }

  /** Forgets positions of deleted rows that no record in the topic can ask for any more. */
  public int forgetDeleted(Connection connection, java.time.Duration retention)
      throws SQLException {
    int forgotten = 0;
    for (MirrorTable table : tables.values()) {
      try (PreparedStatement delete =
          connection.prepareStatement(
              "delete from crossfade.deleted where table_name = ? and deleted_at < now() - make_interval(secs => ?)")) {
        delete.setString(1, table.plainName());
        delete.setLong(2, retention.toSeconds());
        forgotten += delete.executeUpdate();
      }
    }
    return forgotten;
  }

  private static boolean isReference(MirrorTable table) {
    return table.captured().role() instanceof CapturedTable.Reference;
  }

  private Map<CapturedTable, Set<String>> references(List<ChangeEvent> changes) {
    var changed = new LinkedHashMap<CapturedTable, Set<String>>();
    if (!hasReferences) {
      return changed;
    }
    for (ChangeEvent change : changes) {
      MirrorTable table = tables.get(change.table());
      if (table != null && isReference(table) && !change.key().isEmpty()) {
        changed
            .computeIfAbsent(table.captured(), t -> new LinkedHashSet<>())
            .add(change.key().text(0));
      }
    }
    return changed;
  }

  /** Looks up a mirrored table: its quoted name, for counting the rows of aggregates. */
  public Optional<String> tableOf(TableName name) {
    return Optional.ofNullable(tables.get(name)).map(MirrorTable::table);
  }

  /** The aggregate column of a mirrored table. */
  public Optional<String> aggregateOf(TableName name) {
    return Optional.ofNullable(tables.get(name)).flatMap(MirrorTable::aggregate);
  }

  /** The canonical types of the aggregate ids of this domain's tables, by table. */
  public Map<TableName, String> aggregateTypes() {
    return tables.values().stream()
        .filter(t -> t.aggregate().isPresent())
        .collect(
            toMap(t -> t.shape().name(), t -> t.canonicalType(t.aggregate().get()), (a, b) -> a));
  }
}
