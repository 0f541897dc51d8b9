package dev.crossfade.source.postgresql;

import dev.crossfade.event.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What the source's catalog says of a table. Reads only. */
final class Catalog {
  /**
   * @param storeType what a store can hold: built-in types as they are, a domain's base type, text
   *     for enums and types of extensions
   * @param exact whether values come out of the log exactly as they are
   */
  record Column(
      String name,
      String type,
      String storeType,
      boolean exact,
      boolean notNull,
      boolean generated) {}

  /**
   * @param identity columns of the index that REPLICA IDENTITY names; empty unless it names one
   * @param inherited whether other tables inherit from it
   */
  record Table(
      TableName name,
      String kind,
      String persistence,
      String replicaIdentity,
      List<String> identity,
      boolean readable,
      boolean owned,
      boolean rowSecurity,
      List<String> primaryKey,
      boolean deferrableKey,
      boolean inherited,
      List<Column> columns) {
    Optional<Column> column(String column) {
      return columns.stream().filter(c -> c.name().equals(column)).findFirst();
    }
  }

  private static final String TABLE =
      """
      select c.oid, c.relkind::text, c.relpersistence::text, c.relreplident::text,
             has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'),
             pg_has_role(c.relowner, 'usage'), row_security_active(c.oid),
             (select array_agg(a.attname::text order by k.ord)
              from pg_index i, unnest(i.indkey::int2[]) with ordinality k (attnum, ord), pg_attribute a
              where i.indrelid = c.oid and i.indisprimary and k.ord <= i.indnkeyatts
                and a.attrelid = c.oid and a.attnum = k.attnum),
             (select array_agg(a.attname::text order by k.ord)
              from pg_index i, unnest(i.indkey::int2[]) with ordinality k (attnum, ord), pg_attribute a
              where i.indrelid = c.oid and i.indisreplident and k.ord <= i.indnkeyatts
                and a.attrelid = c.oid and a.attnum = k.attnum),
             exists (select from pg_constraint p
                     where p.conrelid = c.oid and p.contype = 'p' and p.condeferrable),
             c.relkind = 'r' and exists (select from pg_inherits h where h.inhparent = c.oid)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ? and c.relname = ?
      """;

  private static final String COLUMNS =
      """
      with recursive base (attnum, type, typmod) as (
        select attnum, atttypid, atttypmod from pg_attribute
        where attrelid = ? and attnum > 0 and not attisdropped
        union all
        select b.attnum, t.typbasetype, t.typtypmod
        from base b join pg_type t on t.oid = b.type where t.typtype = 'd')
      select a.attname, format_type(a.atttypid, a.atttypmod), format_type(b.type, b.typmod), t.typname,
             t.typcategory = 'A' and e.oid is not null, tn.nspname = 'pg_catalog', e.typname,
             en.nspname = 'pg_catalog', a.attnotnull, a.attgenerated <> ''
      from base b join pg_attribute a on a.attrelid = ? and a.attnum = b.attnum
      join pg_type t on t.oid = b.type and t.typtype <> 'd'
      join pg_namespace tn on tn.oid = t.typnamespace
      left join pg_type e on e.oid = t.typelem and t.typcategory = 'A'
      left join pg_namespace en on en.oid = e.typnamespace
      order by a.attnum
      """;

  /** Types whose values come out of the log exactly; what is not named here is refused. */
  private static final List<String> EXACT =
      List.of(
          ("bool int2 int4 int8 oid float4 float8 numeric text varchar bpchar char name date time"
                  + " timestamp timestamptz interval bytea bit varbit json jsonb xml uuid inet cidr"
                  + " macaddr macaddr8 int4range int8range numrange tsrange tstzrange daterange"
                  + " int4multirange int8multirange nummultirange tsmultirange tstzmultirange"
                  + " datemultirange tsvector tsquery pg_lsn")
              .split(" "));

  private final Connection connection;

  Catalog(Connection connection) {
    this.connection = connection;
  }

  Optional<Table> table(TableName name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
      statement.setString(1, name.schema());
      statement.setString(2, name.table());
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        return Optional.of(
            new Table(
                name,
                row.getString(2),
                row.getString(3),
                row.getString(4),
                strings(row, 9),
                row.getBoolean(5),
                row.getBoolean(6),
                row.getBoolean(7),
                strings(row, 8),
                row.getBoolean(10),
                row.getBoolean(11),
                columns(row.getLong(1))));
      }
    }
  }

  private List<Column> columns(long table) throws SQLException {
    var columns = new ArrayList<Column>();
    try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
      statement.setLong(1, table);
      statement.setLong(2, table);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          columns.add(column(row));
        }
      }
    }
    return columns;
  }

  private static Column column(ResultSet row) throws SQLException {
    boolean array = row.getBoolean(5);
    boolean builtIn = row.getBoolean(6);
    boolean builtInElement = row.getBoolean(8);
    String storeType;
    boolean exact;
    if (array) {
      storeType = builtInElement ? row.getString(3) : "text[]";
      exact = !builtInElement || EXACT.contains(row.getString(7));
    } else {
      storeType = builtIn ? row.getString(3) : "text";
      exact = !builtIn || EXACT.contains(row.getString(4));
    }
    return new Column(
        row.getString(1),
        row.getString(2),
        storeType,
        exact,
        row.getBoolean(9),
        row.getBoolean(10));
  }

  private static List<String> strings(ResultSet row, int column) throws SQLException {
    java.sql.Array array = row.getArray(column);
    return array == null ? List.of() : Arrays.asList((String[]) array.getArray());
  }
}
