package dev.crossfade.capture;

import io.debezium.config.CommonConnectorConfig;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import io.debezium.pipeline.EventDispatcher;
import io.debezium.pipeline.signal.actions.SignalAction;
import io.debezium.pipeline.signal.actions.SignalActionProvider;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import io.debezium.pipeline.spi.Partition;
import io.debezium.spi.schema.DataCollectionId;
import java.util.Map;

/**
 * Takes the listener for Debezium's own metrics away, which nobody reads here: it writes the key of
 * each event into a text and passes each event to a thread for statistics (3.6.1, {@code
 * CommonEventMeter} and {@code MeasurementCollector}). The engine asks for the actions of signals
 * when the stream begins, right after it has set the listener; there are none. Found by the service
 * loader.
 */
public final class Unmeasured implements SignalActionProvider {
  @Override
  public <P extends Partition> Map<String, SignalAction<P>> createActions(
      EventDispatcher<P, ? extends DataCollectionId> dispatcher,
      ChangeEventSourceCoordinator<P, ?> coordinator,
      CommonConnectorConfig settings) {
    dispatcher.setEventListener(DataChangeEventListener.NO_OP());
    return Map.of();
  }
}
