package dev.crossfade.capture.log;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;

/**
 * Empty when an engine begins, so that it always resumes where the slot was released: at the end of
 * a transaction. Offsets from an earlier engine can lie inside a transaction, and then it skips
 * rows. What is stored serves only the connector's way of releasing the slot, which reads it back.
 * Public because the engine makes it by name.
 */
public final class EngineOffsets implements OffsetBackingStore {
  private final Map<ByteBuffer, ByteBuffer> offsets = new ConcurrentHashMap<>();

  @Override
  public void start() {
    offsets.clear();
  }

  @Override
  public void stop() {
    offsets.clear();
  }

  @Override
  public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
    var found = new HashMap<ByteBuffer, ByteBuffer>();
    keys.forEach(key -> found.put(key, offsets.get(key)));
    return CompletableFuture.completedFuture(found);
  }

  @Override
  public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, Callback<Void> callback) {
    values.forEach(
        (key, value) -> {
          if (value == null) {
            offsets.remove(key);
          } else {
            offsets.put(key, value);
          }
        });
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
