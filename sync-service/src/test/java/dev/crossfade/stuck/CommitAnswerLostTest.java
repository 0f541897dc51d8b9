package dev.crossfade.stuck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.apply.DomainApply;
import dev.crossfade.config.Settings;
import dev.crossfade.domain.Domain;
import dev.crossfade.fixture.FlowFixture;
import dev.crossfade.lab.Servers;
import dev.crossfade.setup.Pools;
import dev.crossfade.setup.Role;
import dev.crossfade.store.StoreSchema;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/**
 * 1. The store commits. 2. The connection breaks before the answer. 3. Apply cannot know whether
 * the transaction counts, and reads the progress again.
 */
class CommitAnswerLostTest {
  private final AtomicInteger lost = new AtomicInteger();

  private DataSource losing(DataSource store, Random random) {
    return proxy(
        DataSource.class,
        store,
        (name, result) ->
            result instanceof Connection connection ? losing(connection, random) : result);
  }

  private Connection losing(Connection connection, Random random) {
    return proxy(
        Connection.class,
        connection,
        (name, result) -> {
          if (name.equals("commit") && random.nextInt(4) == 0) {
            lost.incrementAndGet();
            connection.abort(Runnable::run);
            throw new SQLException("the answer to a commit was lost", "08006");
          }
          return result;
        });
  }

  private interface After {
    Object change(String method, Object result) throws SQLException;
  }

  private static <T> T proxy(Class<T> type, T real, After after) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return after.change(method.getName(), method.invoke(real, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @Test
  void aCommitWhoseAnswerIsLostTakesEffectOnce() throws Exception {
    long seed = Long.getLong("stuck.seed", System.nanoTime() % 1_000_000);
    try (var pipe =
            new Pipe(Servers.stores(), Servers.legacy().port())
                .store("answer", Servers.stores(), "")
                .initialised();
        var pools = new Pools("answers")) {
      Pipe.Process capture = pipe.process("capturing", Role.CAPTURE);
      FlowFixture.await("the stream", Duration.ofSeconds(60), capture::ready);
      Settings settings = pipe.settings();
      Domain domain = settings.domains().get(0);
      DataSource store = pools.of(settings.storeOf(domain));
      StoreSchema.migrate(store);
      try (var apply =
          new DomainApply(
              domain,
              0,
              pipe.source,
              losing(store, new Random(seed)),
              settings.kafka(),
              "answers")) {
        apply.start();
        for (int i = 0; i < 5 || lost.get() < 4; i++) {
          assertTrue(i < 100, "no commit's answer was lost, seed " + seed);
          pipe.trafficInLegacy(3, 100);
          String fence = pipe.fence();
          FlowFixture.await(
              "marker " + i + ", seed " + seed,
              Duration.ofSeconds(60),
              () -> pipe.before(fence).isEmpty());
        }
        assertEquals("", pipe.difference("answer"), () -> "seed " + seed);
        FlowFixture.await(
            "it follows",
            Duration.ofSeconds(60),
            () -> apply.status().state() == ApplyStatus.State.FOLLOWING);
      }
    }
  }
}
