package dev.crossfade.faults;

import dev.crossfade.event.TopicRecord;
import dev.crossfade.faults.Failpoint.When;
import dev.crossfade.wire.WireFormat;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;

/**
 * Stands between the flow and Kafka's clients. A send that fails is told so only after some more
 * sends, as they are under way together: what follows it is in the topic, and the record is not.
 */
final class KafkaEdge {
  private static final int UNDER_WAY = 4;

  private final Life life;
  private final Edges edges;

  KafkaEdge(Life life, Edges edges) {
    this.life = life;
    this.edges = edges;
  }

  /** For one thread; acknowledgements come on the producer's. */
  UnaryOperator<Producer<byte[], byte[]>> producers() {
    return real -> {
      Deque<Callback> failing = new ArrayDeque<>();
      int[] after = new int[1];
      return producer(
          real,
          (message, callback) -> {
            boolean fails = reach(Failpoint.SEND, When.BEFORE);
            if (!failing.isEmpty() && ++after[0] >= UNDER_WAY) {
              failing.remove().onCompletion(null, new TimeoutException("failpoint at a send"));
              after[0] = 0;
            }
            if (fails) {
              failing.add(callback);
              return;
            }
            real.send(changed(message), acknowledged(callback));
            if (reach(Failpoint.SEND, When.AFTER)) {
              callback.onCompletion(null, new TimeoutException("failpoint after a send"));
            }
          });
    };
  }

  private interface Send {
    void send(ProducerRecord<byte[], byte[]> message, Callback callback);
  }

  @SuppressWarnings("unchecked")
  private Producer<byte[], byte[]> producer(Producer<byte[], byte[]> real, Send send) {
    return StoreEdge.proxy(
        Producer.class,
        (self, method, arguments) -> {
          if (method.getName().equals("send")) {
            send.send((ProducerRecord<byte[], byte[]>) arguments[0], (Callback) arguments[1]);
            return CompletableFuture.completedFuture(null);
          }
          return StoreEdge.call(real, method, arguments);
        });
  }

  private Callback acknowledged(Callback callback) {
    return (metadata, error) -> {
      try {
        if (life.reach(Failpoint.ACKNOWLEDGEMENT, When.BEFORE)) {
          callback.onCompletion(null, new TimeoutException("failpoint at an acknowledgement"));
          return;
        }
        callback.onCompletion(metadata, error);
        if (life.reach(Failpoint.ACKNOWLEDGEMENT, When.AFTER)) {
          callback.onCompletion(null, new TimeoutException("failpoint after an acknowledgement"));
        }
      } catch (Life.Gone e) {
        // nobody is there to be told
      }
    };
  }

  private ProducerRecord<byte[], byte[]> changed(ProducerRecord<byte[], byte[]> message) {
    if (edges == Edges.NONE) {
      return message;
    }
    TopicRecord sent = edges.sent(message.topic(), WireFormat.read(message.key(), message.value()));
    boolean last = edges.last(sent, message.headers().lastHeader(WireFormat.LAST) != null);
    List<Header> headers = new ArrayList<>();
    for (Header header : message.headers()) {
      if (!header.key().equals(WireFormat.LAST)) {
        headers.add(header);
      }
    }
    if (last) {
      headers.add(
          new org.apache.kafka.common.header.internals.RecordHeader(
              WireFormat.LAST, new byte[] {'1'}));
    }
    return new ProducerRecord<>(
        message.topic(), 0, WireFormat.key(sent), WireFormat.value(sent), headers);
  }

  /** For one thread. */
  UnaryOperator<Consumer<byte[], byte[]>> consumers() {
    return real -> {
      reachable();
      return consumer(real);
    };
  }

  @SuppressWarnings("unchecked")
  private Consumer<byte[], byte[]> consumer(Consumer<byte[], byte[]> real) {
    return StoreEdge.proxy(
        Consumer.class,
        (self, method, arguments) -> {
          switch (method.getName()) {
            case "poll" -> {
              reachable();
              return polled(
                  (ConsumerRecords<byte[], byte[]>) StoreEdge.call(real, method, arguments));
            }
            case "commitAsync" -> {
              if (reach(Failpoint.KAFKA_COMMIT, When.BEFORE)) {
                throw new KafkaException("failpoint before a commit of offsets");
              }
              Object result = StoreEdge.call(real, method, arguments);
              if (reach(Failpoint.KAFKA_COMMIT, When.AFTER)) {
                throw new KafkaException("failpoint after a commit of offsets");
              }
              return result;
            }
            default -> {
              return StoreEdge.call(real, method, arguments);
            }
          }
        });
  }

  private ConsumerRecords<byte[], byte[]> polled(ConsumerRecords<byte[], byte[]> real) {
    if (edges == Edges.NONE || real.isEmpty()) {
      return real;
    }
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> changed =
        new java.util.LinkedHashMap<>();
    for (TopicPartition partition : real.partitions()) {
      changed.put(partition, edges.polled(real.records(partition)));
    }
    return new ConsumerRecords<>(changed, Map.of());
  }

  private boolean reach(Failpoint point, When when) {
    try {
      return life.reach(point, when);
    } catch (Life.Gone e) {
      throw new KafkaException(e.getMessage(), e);
    }
  }

  private void reachable() {
    try {
      life.check();
    } catch (Life.Gone e) {
      throw new KafkaException(e.getMessage(), e);
    }
  }
}
