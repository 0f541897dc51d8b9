package dev.crossfade.capture.log;

import io.debezium.config.Configuration;
import io.debezium.connector.base.QueueProviderService;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.PostgresConnectorConfig.AutoCreateMode;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.connector.postgresql.connection.PostgresReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.service.spi.ServiceProvider;
import io.debezium.service.spi.ServiceRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium's task, which hands on what the log says as it is and when it is there. Its own wait
 * (3.6.1, {@code ChangeEventQueue.poll}) lasts the whole poll interval whatever comes meanwhile,
 * and spins through the last millisecond with the lock held that the writer needs. Made by the
 * engine.
 */
public final class PromptTask extends PostgresConnectorTask {
  /** How late an error is seen if no event comes, and that the engine is to stop. */
  private static final Duration IDLE = Duration.ofMillis(100);

  private static final int FEW = 64;

  /** What belongs together comes together: the rows of a transaction follow at once. */
  private static final long TOGETHER_NANOS = 200_000;

  /**
   * How far batches of few are apart, at least: each costs the same all the way to the stores, so
   * that many small ones would take the time of those behind them.
   */
  private static final long APART_NANOS = 5_000_000;

  /** The engine's setting of how many events it hands on together, at most. */
  public static final String MOST = "crossfade.most";

  private volatile Configuration settings;
  private volatile Handover handover;
  private long handedOn = System.nanoTime() - APART_NANOS;

  @Override
  public ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> start(
      Configuration given) {
    settings = given;
    return super.start(given);
  }

  @Override
  protected void registerServiceProviders(ServiceRegistry registry) {
    super.registerServiceProviders(registry);
    registry.registerServiceProvider(
        new ServiceProvider<QueueProviderService>() {
          @Override
          public QueueProviderService createService(
              Configuration configuration, ServiceRegistry services) {
            return new QueueProviderService(handover);
          }

          @Override
          public Class<QueueProviderService> getServiceClass() {
            return QueueProviderService.class;
          }
        });
  }

  /**
   * The connection is Debezium's; the types are texts, and the stream goes to the handover. What
   * {@link EngineSettings} say of the publication and of dropping the slot is said again, as
   * Debezium does not tell it to other packages.
   */
  @Override
  protected ReplicationConnection buildReplicationConnection(
      PostgresConnection jdbc, PostgresSchema tables, PostgresConnectorConfig config)
      throws SQLException {
    handover = new Handover(Map.of("server", config.getLogicalName()), settings.getInteger(MOST));
    ReplicationConnection connection =
        ReplicationConnection.builder(config)
            .withSlot(config.slotName())
            .withPublication(config.publicationName())
            .withTableFilter(config.getTableFilters())
            .withPublicationAutocreateMode(AutoCreateMode.DISABLED)
            .withPlugin(config.plugin())
            .dropSlotOnClose(false)
            .statusUpdateInterval(
                Duration.ofMillis(
                    settings.getLong(PostgresConnectorConfig.STATUS_UPDATE_INTERVAL_MS)))
            .withTypeRegistry(new ServerText(jdbc))
            .withSchema(tables)
            .jdbcMetadataConnection(jdbc)
            .build();
    return new LogConnection(
        (PostgresReplicationConnection) connection, tables::tableFor, handover);
  }

  /** One delivery; throws what Debezium's other threads met. */
  @Override
  public List<SourceRecord> doPoll() throws InterruptedException {
    Handover from = handover;
    from.await(IDLE);
    if (from.size() > 0 && from.size() < FEW) {
      long now = System.nanoTime();
      sleepUntil(Math.max(now + TOGETHER_NANOS, handedOn + APART_NANOS));
    }
    handedOn = System.nanoTime();
    return super.doPoll();
  }

  /** One park may end at once: the queue's lock leaves permits behind. */
  private static void sleepUntil(long nanoTime) {
    for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
