package dev.crossfade.lab.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.lab.DemoStack;
import dev.crossfade.lab.LabException;
import dev.crossfade.lab.PostgresServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/**
 * The settings of Kafka Connect, tuned for this job: rows without an envelope and without their
 * schema in the topics, large batches, short polls, and statements over arrays with only the last
 * change of a row of each batch. One topic with one partition and one sink a table, so that a table
 * is written in the order of the log.
 */
final class ConnectSettings {
  static final String PUBLICATION = "bench_connect";
  static final String SLOT = "bench_connect";
  private static final String PREFIX = "connect";
  private static final String JSON = "org.apache.kafka.connect.json.JsonConverter";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private ConnectSettings() {}

  /** The topic of a table. */
  static String topic(RowShape.Table table) {
    return PREFIX + ".public." + table.legacy();
  }

  /**
   * A standalone worker.
   *
   * @param port of its HTTP address
   * @param offsets the file that holds how far its sources are
   */
  static Properties worker(String bootstrap, int port, Path plugins, Path offsets) {
    Properties p = new Properties();
    p.setProperty("bootstrap.servers", bootstrap);
    p.setProperty("listeners", "http://127.0.0.1:" + port);
    p.setProperty("plugin.path", plugins.toAbsolutePath().toString());
    p.setProperty("plugin.discovery", "service_load");
    p.setProperty("offset.storage.file.filename", offsets.toString());
    p.setProperty("offset.flush.interval.ms", "5000");
    for (String side : List.of("key", "value")) {
      p.setProperty(side + ".converter", JSON);
      p.setProperty(side + ".converter.schemas.enable", "false");
    }
    return p;
  }

  /** Debezium's source: the legacy's tables into a topic each. */
  static Properties source(PostgresServer legacy) {
    Properties p = new Properties();
    p.setProperty("name", "bench-source");
    p.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    p.setProperty("tasks.max", "1");
    p.setProperty("database.hostname", "127.0.0.1");
    p.setProperty("database.port", Integer.toString(legacy.port()));
    p.setProperty("database.user", legacy.user());
    p.setProperty("database.password", legacy.password());
    p.setProperty("database.dbname", DemoStack.SHOP);
    p.setProperty("plugin.name", "pgoutput");
    p.setProperty("publication.name", PUBLICATION);
    p.setProperty("publication.autocreate.mode", "disabled");
    p.setProperty("slot.name", SLOT);
    p.setProperty("snapshot.mode", "initial");
    p.setProperty("topic.prefix", PREFIX);
    p.setProperty(
        "table.include.list",
        RowShape.TABLES.stream().map(t -> "public." + t.legacy()).collect(Collectors.joining(",")));
    p.setProperty("max.batch.size", "8192");
    p.setProperty("max.queue.size", "32768");
    p.setProperty("poll.interval.ms", "10");
    p.setProperty("decimal.handling.mode", "precise");
    p.setProperty("time.precision.mode", "isostring");
    p.setProperty("message.prefix.exclude.list", ".*"); // else the fences' messages are captured
    p.setProperty("extended.headers.enabled", "false");
    p.setProperty("producer.override.linger.ms", "5");
    p.setProperty("producer.override.batch.size", "262144");
    p.setProperty("producer.override.buffer.memory", "67108864");
    // A delete becomes one record, the tombstone that the sink deletes by.
    p.setProperty("tombstones.on.delete", "false");
    p.setProperty("transforms", "unwrap");
    p.setProperty("transforms.unwrap.type", "io.debezium.transforms.ExtractNewRecordState");
    p.setProperty("transforms.unwrap.delete.tombstone.handling.mode", "delete-to-tombstone");
    return p;
  }

  /**
   * Debezium's sink of one table.
   *
   * @param name of the connector; its consumer group's, too
   */
  static Properties sink(String name, Store store, RowShape.Table table) {
    Properties p = new Properties();
    p.setProperty("name", name);
    p.setProperty("connector.class", "io.debezium.connector.jdbc.JdbcSinkConnector");
    p.setProperty("tasks.max", "1");
    p.setProperty("topics", topic(table));
    p.setProperty("collection.name.format", table.store());
    p.setProperty(
        "connection.url", store.server().jdbcUrl(store.database()) + "?reWriteBatchedInserts=true");
    p.setProperty("connection.username", store.server().user());
    p.setProperty("connection.password", store.server().password());
    p.setProperty("insert.mode", "upsert");
    p.setProperty("delete.enabled", "true");
    p.setProperty("primary.key.mode", "record_key");
    p.setProperty("schema.evolution", "none");
    p.setProperty("batch.size", "5000");
    p.setProperty("use.reduction.buffer", "true");
    p.setProperty("dialect.postgres.unnest.insert.enabled", "true");
    p.setProperty("consumer.override.auto.offset.reset", "earliest");
    p.setProperty("consumer.override.max.poll.records", "5000");
    p.setProperty("consumer.override.max.partition.fetch.bytes", "8388608");
    p.setProperty("consumer.override.fetch.max.bytes", "67108864");
    schema(p, "key", table.columns().subList(0, 1));
    schema(p, "value", table.columns());
    rename(p, table);
    return p;
  }

  /** Once here, rather than in each record. */
  private static void schema(Properties p, String side, List<RowShape.Column> columns) {
    List<Map<String, Object>> fields = columns.stream().map(ConnectSettings::field).toList();
    Map<String, Object> struct = new LinkedHashMap<>();
    struct.put("type", "struct");
    struct.put("optional", false);
    struct.put("fields", fields);
    p.setProperty(side + ".converter", JSON);
    p.setProperty(side + ".converter.schemas.enable", "true");
    try {
      p.setProperty(side + ".converter.schema.content", MAPPER.writeValueAsString(struct));
    } catch (JsonProcessingException e) {
      throw new LabException("the schema is no JSON: " + e.getMessage(), e);
    }
  }

  private static Map<String, Object> field(RowShape.Column column) {
    Map<String, Object> field = new LinkedHashMap<>();
    field.put("field", column.legacy());
    field.put("optional", column.optional());
    switch (column.type()) {
      case TEXT -> field.put("type", "string");
      // With UNNEST, the sink hands values to the server as they are. It refuses a number of
      // microseconds, and takes text in ISO form, as that of a time zone's, which is UTC.
      case TIMESTAMP -> logical(field, "string", "io.debezium.time.ZonedTimestamp");
      case INTEGER -> field.put("type", "int32");
      case UUID -> logical(field, "string", "io.debezium.data.Uuid");
      case MONEY -> {
        logical(field, "bytes", "org.apache.kafka.connect.data.Decimal");
        field.put("parameters", Map.of("scale", "2"));
      }
    }
    return field;
  }

  private static void logical(Map<String, Object> field, String type, String name) {
    field.put("type", type);
    field.put("name", name);
    field.put("version", 1);
  }

  private static void rename(Properties p, RowShape.Table table) {
    Map<String, String> renamed = table.renamed();
    String key = table.columns().get(0).legacy();
    List<String> transforms = new ArrayList<>();
    if (renamed.containsKey(key)) {
      transforms.add("key");
      p.setProperty("transforms.key.type", "org.apache.kafka.connect.transforms.ReplaceField$Key");
      p.setProperty("transforms.key.renames", key + ":" + renamed.get(key));
    }
    if (!renamed.isEmpty()) {
      transforms.add("value");
      p.setProperty(
          "transforms.value.type", "org.apache.kafka.connect.transforms.ReplaceField$Value");
      p.setProperty(
          "transforms.value.renames",
          renamed.entrySet().stream()
              .map(r -> r.getKey() + ":" + r.getValue())
              .collect(Collectors.joining(",")));
    }
    p.setProperty("transforms", String.join(",", transforms));
  }
}
