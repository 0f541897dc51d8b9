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

  /**
   * How far batches of few are apart, at least: each costs the same all the way to the stores, so
   * that many small ones would take the time of those behind them.
   */
  private static final long APART_NANOS = 5_000_000;

  /** The engine's setting of how many events it hands on together, at most. */
  static final String MOST = "crossfade.most";

  private final Handover handover = new Handover();
  private volatile int most;
  private long handedOn = System.nanoTime() - APART_NANOS;

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

  /**
   * One delivery: the first event as Debezium gives it, which throws what its other threads met,
   * then the rest.
   */
  @Override
  public List<SourceRecord> doPoll() throws InterruptedException {
    handover.await(IDLE);
    if (handover.size() > 0 && handover.size() < FEW) {
      long now = System.nanoTime();
      sleepUntil(Math.max(now + TOGETHER_NANOS, handedOn + APART_NANOS));
    }
    handedOn = System.nanoTime();
    List<SourceRecord> first = super.doPoll();
    if (first.isEmpty()) {
      return first;
    }
    var records = new ArrayList<SourceRecord>(first);
    records.addAll(handover.take(most - 1));
    return List.of(new Delivery(records));
  }

  /** One park may end at once: the queue's lock leaves permits behind. */
  private static void sleepUntil(long nanoTime) {
    for (long left = nanoTime - System.nanoTime(); left > 0; left = nanoTime - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
