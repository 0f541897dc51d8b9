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
import java.sql.PreparedStatement;
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
  private final AtomicInteger trips = new AtomicInteger();

  private DataSource losing(DataSource store, Random random) {
    return proxy(
        DataSource.class,
        store,
        (name, arguments, result) ->
            result instanceof Connection connection ? losing(connection, random) : result);
  }

  /** A commit is a call of its own, or the last statement of a trip. */
  private Connection losing(Connection connection, Random random) {
    return proxy(
        Connection.class,
        connection,
        (name, arguments, result) -> {
          if (name.equals("commit")) {
            lose(connection, random);
          } else if (result instanceof PreparedStatement trip
              && ((String) arguments[0]).endsWith(";\ncommit")) {
            trips.incrementAndGet();
            return losing(connection, trip, random);
          }
          return result;
        });
  }

  private PreparedStatement losing(Connection connection, PreparedStatement trip, Random random) {
    return proxy(
        PreparedStatement.class,
        trip,
        (name, arguments, result) -> {
          if (name.equals("execute")) {
            lose(connection, random);
          }
          return result;
        });
  }

  private void lose(Connection connection, Random random) throws SQLException {
    if (random.nextInt(4) == 0) {
      lost.incrementAndGet();
      connection.abort(Runnable::run);
      throw new SQLException("the answer to a commit was lost", "08006");
    }
  }

  private interface After {
    Object change(String method, Object[] arguments, Object result) throws SQLException;
  }

  private static <T> T proxy(Class<T> type, T real, After after) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return after.change(method.getName(), arguments, method.invoke(real, arguments));
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
              true,
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
        assertTrue(trips.get() > 0, "no trip ended with a commit");
        assertEquals("", pipe.difference("answer"), () -> "seed " + seed);
        FlowFixture.await(
            "it follows",
            Duration.ofSeconds(60),
            () -> apply.status().state() == ApplyStatus.State.FOLLOWING);
      }
    }
  }
}
