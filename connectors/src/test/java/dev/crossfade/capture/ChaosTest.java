package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.log.Engine;
import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.capture.log.PromptTask;
import dev.crossfade.event.Row;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/**
 * Writers with interleaved transactions, COPY, changed keys and large values, while the stream dies
 * before or after batches at random and its backend is killed. What a consumer of the topic alone
 * rebuilds must be the source's table.
 */
class ChaosTest {
  private static final String BIG = "repeat(md5(random()::text), 300)";

  /** At least so long, and until something has died. */
  private static final Duration TRAFFIC = Duration.ofSeconds(8);

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @Test
  void theTopicAloneRebuildsTheSourceWhateverDies() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    var random = new Random(seed);
    try (var shop =
        new Fixture(
            "create table t (id bigint primary key, n int, note text); alter table t alter note set storage external;"
                + "insert into t select i, 0, 'x' from generate_series(1, 50) i;",
            "t")) {
      var deaths = new AtomicInteger();
      var calm = new AtomicBoolean();
      Capture capture =
          shop.start(
              "one",
              (settings, consumer) -> {
                settings.setProperty(PromptTask.MOST, "16");
                return new Engine(settings, dying(consumer, random, deaths, calm));
              });
      Fixture.await(
          "the stream", () -> capture.status().state() == CaptureStatus.State.STREAMING, capture);
      ExecutorService writers = Executors.newFixedThreadPool(4);
      var work = new ArrayList<Future<?>>();
      var over = new AtomicBoolean();
      for (int w = 0; w < 4; w++) {
        int writer = w;
        work.add(writers.submit(() -> write(shop, new Random(seed + writer), writer, over)));
      }
      int kills = 0;
      long began = System.nanoTime();
      try {
        while (within(TRAFFIC, began) || deaths.get() == 0 && within(PATIENCE, began)) {
          if (capture.status().state() == CaptureStatus.State.STREAMING
              && random.nextInt(20) == 0) {
            shop.killWalsender();
            kills++;
          }
          TimeUnit.MILLISECONDS.sleep(50); // the pace of the faults, not a wait for anything
        }
      } finally {
        over.set(true);
      }
      for (Future<?> writer : work) {
        writer.get(30, TimeUnit.SECONDS);
      }
      writers.shutdown();
      calm.set(true);
      TopicReader read = shop.readToFence();
      String what = "seed " + seed + ", " + deaths + " deaths, " + kills + " kills";
      assertTrue(deaths.get() > 0, what);
      assertEquals(source(shop), texts(read.mirror()), what);
    }
  }

  private static boolean within(Duration time, long began) {
    return System.nanoTime() - began < time.toNanos();
  }

  private static LogConsumer dying(
      LogConsumer real, Random random, AtomicInteger deaths, AtomicBoolean calm) {
    return (events, release) -> {
      int dice = calm.get() ? -1 : random.nextInt(150);
      if (dice == 0) {
        deaths.incrementAndGet();
        throw new IllegalStateException("dies before a batch");
      }
      real.take(events, release);
      if (dice == 1) {
        deaths.incrementAndGet();
        throw new IllegalStateException("dies after a batch");
      }
    };
  }

  private static Void write(Fixture shop, Random random, int writer, AtomicBoolean over)
      throws Exception {
    try (Connection connection = shop.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      long next = 1000L * (writer + 1) * 1000;
      while (!over.get()) {
        try {
          int changes = 1 + random.nextInt(8);
          for (int i = 0; i < changes; i++) {
            next = change(connection, statement, random, next);
          }
          if (random.nextInt(10) == 0) {
            connection.rollback();
          } else {
            connection.commit();
          }
        } catch (SQLException e) {
          connection.rollback(); // a deadlock, or a key that another writer took
        }
      }
    }
    return null;
  }

  private static long change(Connection connection, Statement statement, Random random, long next)
      throws Exception {
    String one = "(select id from t order by random() limit 1)";
    switch (random.nextInt(8)) {
      case 0 -> statement.execute("delete from t where id = " + one);
      case 1 -> statement.execute("update t set id = " + next + " where id = " + one);
      case 2 -> statement.execute("update t set note = " + BIG + " where id = " + one);
      case 3 -> {
        var rows = new StringBuilder();
        for (int i = 0; i < 40; i++) {
          rows.append(next + i).append("\t0\tcopied\n");
        }
        connection
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyIn("copy t from stdin", new StringReader(rows.toString()));
      }
      case 4 -> statement.execute("insert into t values (" + next + ", 1, " + BIG + ")");
      default -> statement.execute("update t set n = n + 1 where id = " + one);
    }
    return next + 40;
  }

  private static Map<String, String> source(Fixture shop) throws SQLException {
    var rows = new TreeMap<String, String>();
    try (Connection connection = shop.connect();
        Statement statement = connection.createStatement();
        var row = statement.executeQuery("select id::text, n::text, md5(note) from t")) {
      while (row.next()) {
        rows.put(row.getString(1), row.getString(2) + " " + row.getString(3));
      }
    }
    return rows;
  }

  private static Map<String, String> texts(Map<String, Row> mirror) throws Exception {
    var rows = new TreeMap<String, String>();
    var md5 = java.security.MessageDigest.getInstance("MD5");
    for (Row row : mirror.values()) {
      byte[] digest = md5.digest(row.get("note").getBytes(java.nio.charset.StandardCharsets.UTF_8));
      rows.put(row.get("id"), row.get("n") + " " + java.util.HexFormat.of().formatHex(digest));
    }
    return rows;
  }
}
