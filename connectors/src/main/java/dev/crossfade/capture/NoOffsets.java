package dev.crossfade.capture;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;

/**
 * Remembers nothing, so that an engine always resumes where the slot was released: at the end of a
 * transaction. Offsets that the engine stores can lie inside a transaction, and then it skips rows.
 * Public because the engine makes it by name.
 */
public final class NoOffsets implements OffsetBackingStore {
  @Override
  public void start() {
    // nothing to open
  }

  @Override
  public void stop() {
    // nothing to close
  }

  @Override
  public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
    var nothing = new HashMap<ByteBuffer, ByteBuffer>();
    keys.forEach(key -> nothing.put(key, null));
    return CompletableFuture.completedFuture(nothing);
  }

  @Override
  public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, Callback<Void> callback) {
    if (callback != null) {
      callback.onCompletion(null, null);
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Set<Map<String, Object>> connectorPartitions(String connectorName) {
    return Set.of();
  }

  @Override
  public void configure(WorkerConfig config) {
    // nothing to configure
  }
}
