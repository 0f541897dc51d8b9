package dev.crossfade.faults;

import dev.crossfade.capture.EngineEdge;
import dev.crossfade.faults.Failpoint.When;
import io.debezium.engine.DebeziumEngine.ChangeConsumer;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import java.util.Properties;
import org.apache.kafka.connect.source.SourceRecord;

/** Stands between capture and the engine: what is taken from the log, and how it is released. */
final class LogEdge implements EngineEdge {
  private final Life life;
  private final Edges edges;

  LogEdge(Life life, Edges edges) {
    this.life = life;
    this.edges = edges;
  }

  @Override
  public void settings(Properties engine) {
    life.check();
    edges.engine(engine);
  }

  @Override
  public ChangeConsumer<RecordChangeEvent<SourceRecord>> around(
      ChangeConsumer<RecordChangeEvent<SourceRecord>> real) {
    var inner = edges.engine(real);
    return (batch, committer) -> {
      life.check();
      inner.handleBatch(batch, releasing(committer));
    };
  }

  @SuppressWarnings("unchecked")
  private RecordCommitter<RecordChangeEvent<SourceRecord>> releasing(
      RecordCommitter<RecordChangeEvent<SourceRecord>> real) {
    return StoreEdge.proxy(
        RecordCommitter.class,
        (self, method, arguments) -> {
          boolean point = method.getName().equals("markBatchFinished");
          if (point && life.reach(Failpoint.RELEASE, When.BEFORE)) {
            throw new IllegalStateException("failpoint before a release");
          }
          Object result = StoreEdge.call(real, method, arguments);
          if (point && life.reach(Failpoint.RELEASE, When.AFTER)) {
            throw new IllegalStateException("failpoint after a release");
          }
          return result;
        });
  }
}
