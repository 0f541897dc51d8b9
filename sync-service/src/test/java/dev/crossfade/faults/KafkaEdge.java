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
 * sends, as they are under way together: what follows it is in the topic, and the record is not. No
 * answer to a later one comes before, as none does from an idempotent producer.
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
      var answers = new Answers();
      return producer(
          real,
          (message, callback) -> {
            boolean fails = reach(Failpoint.SEND, When.BEFORE);
            answers.sends();
            if (fails) {
              answers.failed(callback);
              return;
            }
            real.send(changed(message), answers.inOrder(acknowledged(callback)));
            if (reach(Failpoint.SEND, When.AFTER)) {
              callback.onCompletion(null, new TimeoutException("failpoint after a send"));
            }
          });
    };
  }

  /** The answers to what one producer was given, in the order of the sends. */
  private static final class Answers {
    private final Deque<Callback> failing = new ArrayDeque<>();
    private final Deque<Runnable> behind = new ArrayDeque<>();
    private int after;

    synchronized void sends() {
      if (!failing.isEmpty() && ++after >= UNDER_WAY) {
        while (!failing.isEmpty()) {
          failing.remove().onCompletion(null, new TimeoutException("failpoint at a send"));
        }
        while (!behind.isEmpty()) {
          behind.remove().run();
        }
        after = 0;
      }
    }

    synchronized void failed(Callback callback) {
      failing.add(callback);
    }

    Callback inOrder(Callback callback) {
      return (metadata, error) -> {
        synchronized (this) {
          if (failing.isEmpty()) {
            callback.onCompletion(metadata, error);
          } else {
            behind.add(() -> callback.onCompletion(metadata, error));
          }
        }
      };
    }
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
