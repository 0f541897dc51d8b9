package dev.crossfade.faults;

import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.event.TopicRecord;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What stands between the flow and its surroundings. As it is here it changes nothing; a deliberate
 * bug of the protocol changes one thing, where a flow that had the bug would differ.
 */
public interface Edges {
  /** The flow as it is. */
  Edges NONE = new Edges() {};

  /** How the engine is set up. */
  default void engine(Properties settings) {}

  /** What the log says, and up to where it is released. */
  default LogConsumer log(LogConsumer real) {
    return real;
  }

  /** What goes into a topic. */
  default TopicRecord sent(String topic, TopicRecord sent) {
    return sent;
  }

  /** Whether a record is flagged as the last of its transaction. */
  default boolean last(TopicRecord sent, boolean last) {
    return last;
  }

  /** What comes out of a topic. */
  default List<ConsumerRecord<byte[], byte[]>> polled(List<ConsumerRecord<byte[], byte[]>> polled) {
    return polled;
  }

  /** A statement on a store. */
  default String sql(String sql) {
    return sql;
  }

  /** Whether a statement on a store runs at once, in a transaction of its own. */
  default boolean apart(String sql) {
    return false;
  }

  /** Whether a statement on a store waits until the savepoint is released. */
  default boolean late(String sql) {
    return false;
  }
}
