package dev.crossfade.capture;

import io.debezium.config.Configuration;
import io.debezium.connector.base.QueueProviderService;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.service.spi.ServiceProvider;
import io.debezium.service.spi.ServiceRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium's task, which hands a change on when it is there. Its own wait (3.6.1, {@code
 * ChangeEventQueue.poll}) lasts the whole poll interval whatever comes meanwhile, and spins through
 * the last millisecond with the lock held that the writer needs. Made by the engine.
 */
public final class PromptTask extends PostgresConnectorTask {
  /** How late an error is seen if no event comes, and that the engine is to stop. */
  private static final Duration IDLE = Duration.ofMillis(100);

  private static final int FEW = 64;

  /** What belongs together comes together: the rows of a transaction follow at once. */
  private static final long TOGETHER_NANOS = 200_000;

  /** The engine's setting of how many events it hands on together, at most. */
  static final String MOST = "crossfade.most";

  private final Handover handover = new Handover();
  private volatile int most;

  @Override
  protected void registerServiceProviders(ServiceRegistry registry) {
    super.registerServiceProviders(registry);
    registry.registerServiceProvider(
        new ServiceProvider<QueueProviderService>() {
          @Override
          public QueueProviderService createService(
              Configuration configuration, ServiceRegistry services) {
            most = configuration.getInteger(MOST);
            return new QueueProviderService(handover);
          }

          @Override
          public Class<QueueProviderService> getServiceClass() {
            return QueueProviderService.class;
          }
        });
  }

  /** The first one as Debezium gives it, which throws what its other threads met; then the rest. */
  @Override
  public List<SourceRecord> doPoll() throws InterruptedException {
    handover.await(IDLE);
    if (handover.size() > 0 && handover.size() < FEW) {
      LockSupport.parkNanos(TOGETHER_NANOS);
    }
    List<SourceRecord> first = super.doPoll();
    if (first.isEmpty()) {
      return first;
    }
    var records = new ArrayList<SourceRecord>(first);
    records.addAll(handover.take(most - 1));
    return records;
  }
}
