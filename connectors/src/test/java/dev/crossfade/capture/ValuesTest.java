package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every type that preflight lets pass comes out of the load and of the log as it went in. */
class ValuesTest {
  private static final Map<String, List<String>> VALUES = new LinkedHashMap<>();

  private static void type(String type, String... literals) {
    VALUES.put(type, List.of(literals));
  }

  static {
    type("boolean", "true", "false");
    type("smallint", "-32768", "32767", "0");
    type("integer", "-2147483648", "2147483647");
    type("bigint", "-9223372036854775808", "9223372036854775807");
    type("oid", "0", "4294967295");
    type(
        "numeric",
        "NaN",
        "Infinity",
        "-Infinity",
        "0",
        "-0.00",
        "1.00",
        "0.00000000000000000000000000001",
        "12345678901234567890123456789012345678901234567890.12345678901234567890123456789",
        "1e400",
        "-1e-300");
    type("numeric(12,2)", "0.00", "-1234567890.99", "1.5");
    type("numeric(3,-2)", "12300", "0");
    type(
        "real",
        "-0",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e-45",
        "3.4028235e38",
        "0.1",
        "16777217",
        "2e-3");
    type(
        "double precision",
        "-0",
        "NaN",
        "Infinity",
        "-Infinity",
        "5e-324",
        "1.7976931348623157e308",
        "0.1",
        "2e23",
        "1.1e23",
        "2e-3",
        "9007199254740993",
        "100");
    type(
        "text",
        "",
        " ",
        "tab\there\nand \\N \\. \"quoted\" 'it' \u0001",
        "ü € 😀 \u2028",
        "NULL",
        "unavailable",
        "__debezium_unavailable_value",
        "broken");
    type("varchar(20)", "", "twenty characters ok");
    type("char(5)", "a", "  b", "");
    type("\"char\"", "x", "");
    type("name", "a name");
    type(
        "date",
        "infinity",
        "-infinity",
        "4713-01-01 BC",
        "0001-01-01 BC",
        "0001-01-01",
        "1582-10-10",
        "9999-12-31",
        "12345-06-07",
        "5874897-12-31");
    type("time", "00:00:00", "24:00:00", "23:59:59.999999", "12:00:00.1");
    type("time(0)", "24:00:00", "12:34:56");
    type(
        "timestamp",
        "infinity",
        "-infinity",
        "4713-01-01 00:00:00 BC",
        "0044-03-15 12:00:00.5 BC",
        "1969-12-31 23:59:59.999999",
        "2026-11-23 10:15:30.1",
        "294276-12-31 23:59:59.999999",
        "12345-01-01 00:00:00");
    type("timestamp(3)", "2026-11-23 10:15:30.123");
    type(
        "timestamptz",
        "infinity",
        "-infinity",
        "4713-01-01 00:00:00+00 BC",
        "0044-03-15 12:00:00.5+00 BC",
        "1883-11-18 12:03:57.999999-05:50:36",
        "2026-11-23 10:15:30.1+05:45",
        "294276-12-31 23:59:59.999999+00");
    type(
        "interval",
        "0",
        "1 day",
        "-1 day",
        "-1 mons 2 days -03:04:05.000001",
        "1 year -2 mons 3 days -4 hours",
        "178000000 years",
        "-178000000 years",
        "-00:00:00.000001",
        "100:00:00",
        "23 hours 59 mins 59.999999 secs",
        "1 mon 1 day 00:00:01",
        "-1 year -1 mon -1 day -1 hour");
    type("interval day to second(2)", "1 02:03:04.56");
    type("bytea", "\\x", "\\x00ff5c", "\\x5f5f");
    type("bit(1)", "0", "1");
    type("bit(5)", "10101");
    type("bit varying", "", "1", "0010");
    type("json", "null", "{\"b\": 1,  \"a\": 1.0, \"b\": \"\\u00e9\"}", "\"text\"");
    type("jsonb", "null", "{\"a\": 1.00, \"b\": [true, null, 1e3]}");
    type("xml", "<a b=\"1\">x</a>", "text <b/>");
    type("uuid", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff");
    type("inet", "192.168.0.1/24", "::1", "10.0.0.1");
    type("cidr", "192.168.0.0/16", "2001:db8::/32");
    type("macaddr", "08:00:2b:01:02:03");
    type("macaddr8", "08:00:2b:01:02:03:04:05");
    type("int4range", "empty", "[1,10)", "(,)", "[5,)");
    type("int8range", "[1,9223372036854775807)");
    type("numrange", "[1.10,2.000]", "(,0)");
    type("tsrange", "[2026-01-01 00:00:00,infinity)", "(,2026-01-01 00:00:00.000001]");
    type("tstzrange", "[2026-01-01 00:00:00+00,2026-06-01 12:00:00+00)");
    type("daterange", "[2026-01-01,infinity)");
    type("nummultirange", "{[1,2),[3.0,4]}", "{}");
    type("tsvector", "'a':1A 'b c':2");
    type("tsquery", "'a' & !'b'");
    type("pg_lsn", "16/B374D848");
    type(
        "text[]",
        "{}",
        "{a,NULL,\"NULL\",\"\",\"with \\\"quotes\\\", \\\\ and {braces}\"}",
        "{{a,b},{c,d}}",
        "[2:3]={x,y}");
    type("integer[]", "{}", "{1,NULL,-3}", "{{1},{2}}");
    type("numeric[]", "{1.00,NaN,Infinity,NULL}");
    type("uuid[]", "{00000000-0000-0000-0000-000000000000}");
    type("date[]", "{infinity,\"0044-03-15 BC\"}");
    type("timestamptz[]", "{\"2026-11-23 10:15:30.1+00\",infinity}");
    type("interval[]", "{\"-1 mons +2 days\"}");
    type("bytea[]", "{\"\\\\x00ff\"}");
    type("jsonb[]", "{null,\"{\\\"a\\\": 1}\"}");
    type("double precision[]", "{-0,NaN,0.1}");
    type("boolean[]", "{t,f,NULL}");
    type("mood", "sad", "o'k, \"fine\"");
    type("mood[]", "{sad,NULL}");
    type("amount", "1.500", "-0.001");
    type("amount[]", "{1.500}");
    type("email", "A@b.c");
    type("pair", "(1,\"a,b\")");
  }

  private static final String TYPES =
      """
      create type mood as enum ('sad', 'o''k, "fine"');
      create domain amount as numeric(10,3) check (value < 1000);
      create domain positive as amount;
      create domain email as text;
      create type pair as (n int, t text);
      """;

  private final TimeZone usual = TimeZone.getDefault();

  /** The driver tells the server the zone of the machine that it runs on. */
  @BeforeEach
  void beSomewhereElse() {
    TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu"));
  }

  @AfterEach
  void beBack() {
    TimeZone.setDefault(usual);
  }

  @Test
  void loadAndStreamGiveEveryValueBackExactly() throws Exception {
    var columns = new ArrayList<>(VALUES.keySet());
    int rows = VALUES.values().stream().mapToInt(List::size).max().orElseThrow() + 1;
    var create = new StringBuilder(TYPES).append("create table v (id int primary key, touched int");
    for (int c = 0; c < columns.size(); c++) {
      create.append(", c").append(c).append(' ').append(columns.get(c));
    }
    create.append(");");
    try (var shop = new Fixture(create.toString(), "v")) {
      insert(shop, columns, rows);
      shop.startStreaming();
      shop.sql("update v set touched = 1");
      shop.sql(
          "create table copy as select * from v; delete from v; insert into v select * from copy");
      TopicReader read = shop.readToFence();
      assertEquals(rows * 4, read.changes().size());
      var wrong = new ArrayList<String>();
      try (Connection connection = shop.connect()) {
        for (ChangeEvent change : read.changes()) {
          if (change.op() != ChangeEvent.Op.DELETE) {
            compare(connection, columns, change.op().code(), change.after(), wrong);
          }
        }
      }
      assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
      sameTextInLoadAndStream(read, columns, wrong);
      assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
    }
  }

  private static void insert(Fixture shop, List<String> columns, int rows) throws Exception {
    try (Connection connection = shop.connect()) {
      for (int r = 0; r < rows; r++) {
        var sql = new StringBuilder("insert into v values (" + r + ", 0");
        for (String type : columns) {
          List<String> literals = VALUES.get(type);
          // the last row is all null
          sql.append(r < rows - 1 ? ", ?::" + type : ", null");
          assertTrue(!literals.isEmpty());
        }
        try (PreparedStatement statement = connection.prepareStatement(sql + ")")) {
          for (int c = 0; r < rows - 1 && c < columns.size(); c++) {
            List<String> literals = VALUES.get(columns.get(c));
            statement.setString(c + 1, literals.get(r % literals.size()));
          }
          statement.execute();
        }
      }
    }
  }

  private static void compare(
      Connection connection, List<String> columns, String op, Row row, List<String> wrong)
      throws Exception {
    for (int c = 0; c < columns.size(); c++) {
      String sql =
          "select (?::%1$s)::text is not distinct from c%2$d::text, c%2$d::text from v where id = ?::int"
              .formatted(columns.get(c), c);
      String text = row.get("c" + c);
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, text);
        statement.setString(2, row.get("id"));
        try (ResultSet result = statement.executeQuery()) {
          result.next();
          if (!result.getBoolean(1)) {
            wrong.add(
                columns.get(c)
                    + " "
                    + op
                    + ": found "
                    + text
                    + ", expected "
                    + result.getString(2));
          }
        }
      } catch (java.sql.SQLException e) {
        wrong.add(columns.get(c) + " " + op + ": " + text + ": " + e.getMessage());
      }
    }
  }

  private static void sameTextInLoadAndStream(
      TopicReader read, List<String> columns, List<String> wrong) {
    Map<String, Row> loaded = new LinkedHashMap<>();
    for (ChangeEvent change : read.changes()) {
      if (change.op() == ChangeEvent.Op.READ) {
        loaded.put(change.key().get("id"), change.after());
      } else if (change.op() == ChangeEvent.Op.UPDATE || change.op() == ChangeEvent.Op.CREATE) {
        Row row = loaded.get(change.key().get("id"));
        for (int c = 0; c < columns.size(); c++) {
          int l = row.indexOf("c" + c);
          int s = change.after().indexOf("c" + c);
          if (!java.util.Objects.equals(row.text(l), change.after().text(s))
              || row.bare(l) != change.after().bare(s)) {
            wrong.add(
                columns.get(c) + ": load " + row.text(l) + ", stream " + change.after().text(s));
          }
        }
      }
    }
  }
}
