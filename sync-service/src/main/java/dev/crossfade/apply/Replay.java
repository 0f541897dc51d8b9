package dev.crossfade.apply;

import dev.crossfade.domain.Domain;
import dev.crossfade.publish.KafkaSettings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * Lets a domain read its topic again from an offset on. The guard of the mirror makes that
 * harmless: what the store has already is not written again. Whoever applies the domain loses it by
 * the new owner number and takes it over again from the offset.
 */
public final class Replay {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private Replay() {}

  /**
   * @param from the offset; empty for the first that the topic still has
   * @return the offset from which the domain reads now
   * @throws IllegalArgumentException if the topic does not have the offset, or the domain was never
   *     applied, or a load or a very large transaction is under way; says so in a sentence
   */
  public static long from(OptionalLong from, Domain domain, DataSource store, KafkaSettings kafka)
      throws SQLException {
    long first = offset(domain, kafka, OffsetSpec.earliest());
    long end = offset(domain, kafka, OffsetSpec.latest());
    long start = from.orElse(first);
    if (start < first || start > end) {
      throw new IllegalArgumentException(
          "offset %d is not in topic %s, which holds %d to %d"
              .formatted(start, domain.topic(), first, end));
    }
    String sql =
        """
        update crossfade.progress
        set owner = owner + 1, next_offset = ?, generation = 0, sequence = ?, void_generation = 0
        where domain = ? and loaded_epoch > 0 and open_epoch is null
        """;
    try (Connection connection = store.getConnection();
        PreparedStatement update = connection.prepareStatement(sql)) {
      update.setLong(1, start);
      update.setLong(2, Progress.Place.ANY);
      update.setString(3, domain.name());
      boolean done = update.executeUpdate() == 1;
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
      if (!done) {
        throw new IllegalArgumentException(
            "domain "
                + domain.name()
                + " has no complete load in its store, or a transaction is half in its mirror; wait until it follows");
      }
    }
    return start;
  }

  private static long offset(Domain domain, KafkaSettings kafka, OffsetSpec which) {
    var partition = new TopicPartition(domain.topic(), 0);
    try (Admin admin = Admin.create(kafka.client())) {
      return admin
          .listOffsets(Map.of(partition, which))
          .partitionResult(partition)
          .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .offset();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalArgumentException(
          "topic " + domain.topic() + " cannot be asked for its offsets: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalArgumentException("interrupted", e);
    }
  }
}
