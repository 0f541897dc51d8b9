package dev.crossfade.capture.log;

import dev.crossfade.event.TableName;
import dev.crossfade.source.postgresql.PostgresSource;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;
import org.postgresql.Driver;

/** Debezium's property strings, all of them, with the reason where a default would lose changes. */
public final class EngineSettings {
  private EngineSettings() {}

  /** Settings of an engine that reads these tables from the source's slot. */
  public static Properties of(PostgresSource source, List<TableName> tables) {
    var engine = new Properties();
    engine.setProperty("name", "crossfade");
    engine.setProperty("connector.class", PromptConnector.class.getName());
    // two engines with one prefix in a process collide on JMX names, and the second never streams
    engine.setProperty(
        "topic.prefix", "crossfade_" + UUID.randomUUID().toString().replace("-", ""));

    // the slot is the only offset
    engine.setProperty("offset.storage", EngineOffsets.class.getName());
    engine.setProperty("offset.flush.interval.ms", "0");
    engine.setProperty("snapshot.mode", "no_data");
    engine.setProperty("lsn.flush.mode", "connector");
    engine.setProperty("slot.drop.on.stop", "false");
    engine.setProperty("slot.max.retries", "0");
    // by default the engine connects again by itself, past the gap guard
    engine.setProperty("errors.max.retries", "0");
    engine.setProperty("publication.autocreate.mode", "disabled");
    // a heartbeat of Debezium's can overtake an END and release rows that are held back
    engine.setProperty("heartbeat.interval.ms", "0");

    engine.setProperty("plugin.name", "pgoutput");
    engine.setProperty("slot.name", source.settings().slot());
    engine.setProperty("publication.name", source.settings().slot());
    engine.setProperty(
        "table.include.list",
        tables.stream().map(EngineSettings::regex).collect(Collectors.joining(",")));
    engine.setProperty("skipped.operations", "none");
    engine.setProperty("converters", "unread");
    engine.setProperty("unread.type", UnreadSchema.class.getName());

    // deliveries, of which each holds up to MOST events
    engine.setProperty("max.batch.size", "1");
    engine.setProperty(PromptTask.MOST, "8192");
    // how long the thread that decodes sleeps when the log has nothing new
    engine.setProperty("poll.interval.ms", "1");
    engine.setProperty("status.update.interval.ms", "5000");
    engine.setProperty("task.management.timeout.ms", "10000");
    engine.setProperty("record.processing.shutdown.timeout.ms", "1000");
    // until the thread that decodes is interrupted: it may wait for room, and nobody makes any
    engine.setProperty("executor.shutdown.timeout.ms", "500");
    connection(engine, source);
    return engine;
  }

  private static void connection(Properties engine, PostgresSource source) {
    Properties url = Driver.parseURL(source.settings().jdbcUrl(), new Properties());
    if (url == null) {
      throw new IllegalArgumentException("not a PostgreSQL url: " + source.settings().jdbcUrl());
    }
    engine.setProperty("database.hostname", url.getProperty("PGHOST"));
    engine.setProperty("database.port", url.getProperty("PGPORT"));
    engine.setProperty("database.dbname", url.getProperty("PGDBNAME"));
    engine.setProperty("database.user", source.settings().user());
    engine.setProperty("database.password", source.settings().password());
    Properties driver = source.sessionProperties();
    for (String name : url.stringPropertyNames()) {
      if (!name.startsWith("PG")) {
        driver.putIfAbsent(name, url.getProperty(name));
      }
    }
    for (String name : driver.stringPropertyNames()) {
      engine.setProperty("driver." + name, driver.getProperty(name));
      if (name.startsWith("ssl")) {
        engine.setProperty("database." + name, driver.getProperty(name));
      }
    }
  }

  private static String regex(TableName table) {
    return (table.schema() + "." + table.table()).replaceAll("([^A-Za-z0-9_ ])", "\\\\$1");
  }
}
