package dev.crossfade.faults;

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
 * Keeps an engine's offsets for the next one, as a file would. Public and with static state because
 * the engine makes it by name; the keys hold the engine's prefix, which is a flow's own.
 */
public final class StoredOffsets implements OffsetBackingStore {
  private static final Map<ByteBuffer, ByteBuffer> OFFSETS = new ConcurrentHashMap<>();

  @Override
  public void start() {
    // what is there is what an earlier engine left
  }

  @Override
  public void stop() {
    // it stays
  }

  @Override
  public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
    var found = new HashMap<ByteBuffer, ByteBuffer>();
    keys.forEach(key -> found.put(key, OFFSETS.get(key)));
    return CompletableFuture.completedFuture(found);
  }

  @Override
  public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, Callback<Void> callback) {
    OFFSETS.putAll(values);
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
