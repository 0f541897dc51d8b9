package dev.crossfade.faults;

import dev.crossfade.capture.EngineEdge;
import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.faults.Failpoint.When;
import java.util.Properties;

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
  public LogConsumer around(LogConsumer real) {
    LogConsumer inner = edges.log(real);
    return (events, release) -> {
      life.check();
      inner.take(events, releasing(release));
    };
  }

  private LogConsumer.Release releasing(LogConsumer.Release real) {
    return end -> {
      if (life.reach(Failpoint.RELEASE, When.BEFORE)) {
        throw new IllegalStateException("failpoint before a release");
      }
      real.upTo(end);
      if (life.reach(Failpoint.RELEASE, When.AFTER)) {
        throw new IllegalStateException("failpoint after a release");
      }
    };
  }
}
