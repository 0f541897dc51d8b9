package dev.crossfade.capture;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import dev.crossfade.publish.Publisher;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.source.postgresql.SnapshotLoad;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * The first load of an epoch: a new slot, and every row of its snapshot into the topics. One
 * generation of its own. For one thread.
 */
final class Load {
  private static final Duration ACKNOWLEDGED = Duration.ofMinutes(2);
  private static final int BETWEEN_CHECKS = 1024;

  private final PostgresSource source;
  private final int epoch;
  private final Routes routes;
  private final Publisher publisher;
  private final LongConsumer progress;

  /**
   * @param progress is told every so often how many more rows were sent, and throws to stop the
   *     load
   */
  Load(
      PostgresSource source, int epoch, Routes routes, Publisher publisher, LongConsumer progress) {
    this.source = source;
    this.epoch = epoch;
    this.routes = routes;
    this.publisher = publisher;
    this.progress = progress;
  }

  /** Sends everything, waits until Kafka has it, and returns where the stream goes on. */
  Lsn run() throws SQLException {
    Instant now = Instant.now();
    for (String topic : routes.topics()) {
      publisher.send(
          topic,
          new GenerationStart(
              source.name(), epoch, Optional.empty(), true, routes.shapes(topic), now),
          true);
    }
    var rows = new HashMap<String, Long>();
    progress.accept(0); // the slot may be another's by now
    source.dropSlot();
    try (SnapshotLoad snapshot = source.openLoad()) {
      for (TableName table : routes.tables()) {
        List<Routes.Route> targets = routes.of(table);
        boolean alone = targets.size() == 1; // then what is read is what is sent
        long[] count = new long[1];
        long read =
            snapshot.read(
                everyColumn(targets),
                row -> {
                  targets.forEach(
                      route ->
                          publisher.send(
                              route.topic(),
                              event(route, alone ? row : row.only(names(route)), now),
                              false));
                  if (++count[0] % BETWEEN_CHECKS == 0) {
                    progress.accept(BETWEEN_CHECKS);
                  }
                });
        progress.accept(read % BETWEEN_CHECKS);
        targets.forEach(route -> rows.merge(route.topic(), read, Long::sum));
      }
      for (String topic : routes.topics()) {
        publisher.send(topic, new LoadEnd(epoch, rows.getOrDefault(topic, 0L), now), true);
      }
      publisher.awaitAcknowledged(ACKNOWLEDGED);
      return snapshot.consistentPoint();
    }
  }

  private static List<String> names(Routes.Route route) {
    return route.shape().columns().stream().map(TableShape.Column::name).toList();
  }

  private ChangeEvent event(Routes.Route route, Row row, Instant now) {
    return new ChangeEvent(
        ChangeEvent.Op.READ,
        route.shape().name(),
        row.only(route.shape().primaryKey()),
        Row.EMPTY,
        row,
        Position.ofLoad(epoch),
        "",
        now,
        "");
  }

  /** One table may go into several topics with different columns; it is read once. */
  private static TableShape everyColumn(List<Routes.Route> targets) {
    Map<String, TableShape.Column> columns = new LinkedHashMap<>();
    targets.forEach(
        route -> route.shape().columns().forEach(column -> columns.put(column.name(), column)));
    TableShape first = targets.get(0).shape();
    return new TableShape(first.name(), new ArrayList<>(columns.values()), first.primaryKey());
  }
}
