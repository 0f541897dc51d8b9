package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.log.Engine;
import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.capture.log.LogEvent;
import dev.crossfade.capture.log.PromptTask;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.lab.Servers;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** The cases in which an engine that stores offsets loses rows silently. */
class NothingIsLostTest {
  private static final String TABLE = "create table t (id int primary key, note text);";
  private static final Set<Integer> TEN =
      new TreeSet<>(IntStream.rangeClosed(1, 10).boxed().toList());

  @Test
  void aDeathInsideATransactionWhoseRowsShareOneLsnLosesNothing() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      var deaths = new AtomicInteger();
      Capture capture =
          shop.start(
              "one",
              (settings, consumer) -> {
                settings.setProperty(PromptTask.MOST, "4");
                return new Engine(settings, dyingInside(consumer, deaths));
              });
      Fixture.await(
          "the stream", () -> capture.status().state() == CaptureStatus.State.STREAMING, capture);
      copyTen(shop);
      assertEquals(TEN, idsOf(shop.readToFence()));
      assertTrue(deaths.get() >= 1, "the engine did not die inside the transaction");
    }
  }

  /** Fails before the second batch that has rows: the first was marked, sent and acknowledged. */
  private static LogConsumer dyingInside(LogConsumer real, AtomicInteger deaths) {
    var withRows = new AtomicInteger();
    return (events, release) -> {
      boolean rows = events.stream().anyMatch(LogEvent.Change.class::isInstance);
      if (rows && withRows.incrementAndGet() == 2 && deaths.incrementAndGet() < 3) {
        throw new IllegalStateException("dies at a batch boundary");
      }
      real.take(events, release);
    };
  }

  @Test
  void aRestartWhileALongTransactionIsOpenLosesNothing() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture first = shop.startStreaming();
      try (Connection longOne = openLong(shop)) {
        shop.sql("insert into t values (100)");
        shop.readToFence();
        first.close();
        finishLong(longOne);
      }
      shop.startStreaming();
      assertTrue(idsOf(shop.readToFence()).containsAll(TEN));
    }
  }

  @Test
  void aKilledWalsenderWhileALongTransactionIsOpenLosesNothing() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      Capture capture = shop.startStreaming();
      long generation = capture.status().generation();
      try (Connection longOne = openLong(shop)) {
        shop.sql("insert into t values (100)");
        shop.readToFence();
        shop.killWalsender();
        finishLong(longOne);
      }
      Fixture.await(
          "a new generation within 5 s",
          Duration.ofSeconds(5),
          () ->
              capture.status().generation() > generation
                  && capture.status().state() == CaptureStatus.State.STREAMING,
          capture);
      assertTrue(idsOf(shop.readToFence()).containsAll(TEN));
    }
  }

  @Test
  void anEngineThatStoresOffsetsLosesRowsOfACopy() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      shop.sql("create publication \"" + shop.source.settings().slot() + "\" for table t");
      var naive = new NaiveEngine(shop, Servers.freshFolder("naive"));
      try (NaiveEngine.Life engine = naive.open(true)) {
        Fixture.await("the naive engine", engine::polling);
        awaitActiveSlot(shop);
        copyTen(shop);
        Fixture.await("its death", engine::isOver);
      }
      try (NaiveEngine.Life again = naive.open(false)) {
        Fixture.await("the naive engine", again::polling);
        awaitActiveSlot(shop);
        shop.sql("insert into t values (11)");
        Fixture.await("a later row", () -> naive.ids.contains(11));
      }
      assertTrue(!naive.ids.containsAll(TEN), "it lost nothing: " + naive.ids);
    }
  }

  @Test
  void anEngineThatStoresOffsetsLosesRowsOfALongTransaction() throws Exception {
    try (var shop = new Fixture(TABLE, "t")) {
      shop.sql("create publication \"" + shop.source.settings().slot() + "\" for table t");
      var naive = new NaiveEngine(shop, Servers.freshFolder("naive"));
      Connection longOne;
      try (NaiveEngine.Life engine = naive.open(false)) {
        Fixture.await("the naive engine", engine::polling);
        awaitActiveSlot(shop);
        longOne = openLong(shop);
        shop.sql("insert into t values (100)");
        Fixture.await("the short transaction", () -> naive.ends.get() == 1);
        assertEquals(Set.of(100), naive.ids);
      }
      finishLong(longOne);
      longOne.close();
      try (NaiveEngine.Life again = naive.open(false)) {
        Fixture.await("the naive engine", again::polling);
        awaitActiveSlot(shop);
        shop.sql("insert into t values (101)");
        Fixture.await("a later row", () -> naive.ids.contains(101));
      }
      assertTrue(!naive.ids.containsAll(TEN), "it lost nothing: " + naive.ids);
    }
  }

  private static void awaitActiveSlot(Fixture shop) {
    Fixture.await(
        "an active slot",
        () -> shop.source.status().slot().map(s -> s.activePid().isPresent()).orElse(false));
  }

  /** COPY writes all its rows as one record of the log, so that they share its LSN. */
  private static void copyTen(Fixture shop) throws Exception {
    String rows =
        IntStream.rangeClosed(1, 10).mapToObj(i -> i + "\tx\n").collect(Collectors.joining());
    try (Connection connection = shop.connect()) {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn("copy t from stdin", new StringReader(rows));
    }
  }

  private static Connection openLong(Fixture shop) throws Exception {
    Connection connection = shop.connect();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("insert into t select n from generate_series(1, 6) n");
    }
    return connection;
  }

  private static void finishLong(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.execute("insert into t select n from generate_series(7, 10) n");
    }
    connection.commit();
  }

  private static Set<Integer> idsOf(TopicReader read) {
    var ids = new TreeSet<Integer>();
    read.mirror().values().forEach(row -> ids.add(Integer.valueOf(row.get("id"))));
    assertTrue(read.streamed().stream().allMatch(c -> c.op() == ChangeEvent.Op.CREATE));
    return ids;
  }
}
