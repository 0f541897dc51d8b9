package dev.crossfade.capture.log;

import io.debezium.connector.postgresql.PostgresConnector;
import org.apache.kafka.connect.connector.Task;

/** Debezium's connector with {@link PromptTask} as its task. Made by the engine. */
public final class PromptConnector extends PostgresConnector {
  @Override
  public Class<? extends Task> taskClass() {
    return PromptTask.class;
  }
}
