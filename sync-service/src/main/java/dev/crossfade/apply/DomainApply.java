package dev.crossfade.apply;

import com.zaxxer.hikari.pool.HikariPool;
import dev.crossfade.domain.Domain;
import dev.crossfade.mirror.MirrorGapException;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.store.Failure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies one domain: from its topic into its store, for as long as this instance owns it. One
 * thread of its own does the work, and has others for the store of a backlog; {@link #status} and
 * {@link #redrive} may be called from any.
 */
public final class DomainApply implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DomainApply.class);

  private static final Duration IDLE = Duration.ofMillis(200);

  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration MENDED = Duration.ofSeconds(5);
  private static final Duration GAP_CHECK = Duration.ofSeconds(1);

  private static final Duration FORGET = Duration.ofHours(1);

  /** Kafka keeps a record for the retention and until its segment is rolled: by default a week. */
  private static final Duration SEGMENT = Duration.ofDays(8);

  private final Domain domain;
  private final int turn;
  private final String source;
  private final DataSource store;
  private final boolean twoConnections;
  private final KafkaSettings kafka;
  private final String instance;
  private final DomainConsumer.Opener consumers;
  private final ApplyBoard board = new ApplyBoard();
  private final Reliance apart = new Reliance();
  private final Thread thread;

  private volatile boolean closed;
  private volatile Optional<DomainConsumer> consumer = Optional.empty();

  // owned by the thread
  private Optional<OwnedDomain> owned = Optional.empty();

  /** Why the store lacks records; it then waits for a new load to begin in the topic. */
  private Optional<String> gap = Optional.empty();

  private long readAt = System.nanoTime();
  private long ownedAssignment;
  private long resumeAt;
  private long forgetAt = System.nanoTime() + FORGET.toNanos();

  /**
   * @param turn the domain's number among all domains, the same in every process: spreads them
   * @param twoConnections whether the store has a second connection for the domain, which makes a
   *     backlog faster
   * @param instance this process's name, unique among those that share the work
   */
  public DomainApply(
      Domain domain,
      int turn,
      String source,
      DataSource store,
      boolean twoConnections,
      KafkaSettings kafka,
      String instance) {
    this(domain, turn, source, store, twoConnections, kafka, instance, DomainConsumer::kafka);
  }

  /** With another edge to Kafka. */
  DomainApply(
      Domain domain,
      int turn,
      String source,
      DataSource store,
      boolean twoConnections,
      KafkaSettings kafka,
      String instance,
      DomainConsumer.Opener consumers) {
    this.twoConnections = twoConnections;
    this.consumers = consumers;
    this.turn = turn;
    this.domain = domain;
    this.source = source;
    this.store = store;
    this.kafka = kafka;
    this.instance = instance;
    this.thread = new Thread(this::run, "apply-" + domain.name());
  }

  public void start() {
    thread.start();
  }

  public ApplyStatus status() {
    return board.status();
  }

  /** Tries every parked aggregate again now, whoever owns the domain. */
  public void redrive() throws SQLException {
    try (Connection connection = store.getConnection();
        PreparedStatement update =
            connection.prepareStatement(
                "update crossfade.dirty set next_try = now() where domain = ? and reason is not null")) {
      update.setString(1, domain.name());
      update.executeUpdate();
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
    }
  }

  /** Stops between two batches and leaves the group. */
  @Override
  public void close() {
    closed = true;
    consumer.ifPresent(DomainConsumer::wakeup);
    try {
      thread.join(Duration.ofSeconds(10).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closed) {
      try (var joined = new DomainConsumer(domain, turn, kafka, instance, consumers)) {
        consumer = Optional.of(joined);
        var reader =
            new TopicReader(
                joined,
                () -> owned.map(OwnedDomain::busy).orElse(false),
                () -> owned.map(OwnedDomain::most).orElse(0));
        try {
          while (!closed) {
            step(joined, reader);
          }
        } finally {
          endSession(); // whoever is to take over needs the store at rest
        }
      } catch (WakeupException e) {
        // close() asked for it
      } catch (KafkaException e) {
        report(ApplyStatus.State.RETRYING, "Kafka: " + e.getMessage());
        LOG.warn(
            "domain {}: the consumer failed and is made again: {}", domain.name(), e.getMessage());
        pauseWithoutConsumer();
      } catch (RuntimeException e) {
        report(ApplyStatus.State.RETRYING, "an unforeseen failure: " + e);
        LOG.error("domain {}: an unforeseen failure", domain.name(), e);
        pauseWithoutConsumer();
      }
    }
    report(ApplyStatus.State.STOPPED, "");
  }

  /** One turn: own the domain, read, apply whole transactions, derive what waits. */
  private void step(DomainConsumer joined, TopicReader reader) {
    if (owned.isPresent() && joined.assignment() != ownedAssignment) {
      endSession();
    }
    if (!joined.assigned()) {
      endSession();
      board.forgetLag();
      if (joined.withoutTopic()) {
        if (System.nanoTime() - resumeAt >= 0) {
          attempt(joined, () -> standWithoutTopic(joined));
        }
      } else {
        // Without its place in the group it cannot know that another has the domain.
        report(
            joined.joined() ? ApplyStatus.State.STANDBY : ApplyStatus.State.STARTING,
            joined.joined() ? "" : "waits for its place in the consumer group " + domain.group());
      }
    } else if (owned.isEmpty() && System.nanoTime() - resumeAt >= 0) {
      attempt(joined, () -> own(joined));
    }
    boolean derives = owned.map(OwnedDomain::derives).orElse(false);
    List<Received> records = reader.read(derives ? Duration.ZERO : IDLE);
    if (!records.isEmpty()) {
      readAt = System.nanoTime();
    }
    if (owned.isEmpty() || !joined.assigned() || joined.assignment() != ownedAssignment) {
      return;
    }
    attempt(joined, () -> apply(joined, records));
  }

  private void apply(DomainConsumer joined, List<Received> records) throws SQLException {
    OwnedDomain now = owned.orElseThrow();
    try {
      now.apply(records);
    } finally {
      // Even if it fails then: the load that has begun is behind what is durable.
      if (!now.gap()) {
        gap = Optional.empty();
      }
    }
    forgetOld();
    joined.tell(now.durable().place().nextOffset());
    // The consumer goes on to tell its last lag of a broker that does not answer any more.
    boolean silent = System.nanoTime() - readAt > ApplyBoard.STALE.toNanos();
    long lag = joined.lag();
    reportGood(silent || lag < 0 ? -1 : lag + now.waiting());
  }

  /** There is nothing to read: if there was, it is lost, unless the same topic comes back. */
  private void standWithoutTopic(DomainConsumer joined) throws SQLException {
    if (ProgressRow.hasRead(store, domain.name())) {
      String lost = "topic %s is gone from Kafka: load domain %s again";
      giveUp(
          joined, ApplyStatus.State.GAP, lost.formatted(domain.topic(), domain.name()), GAP_CHECK);
    } else {
      report(
          ApplyStatus.State.STARTING,
          "there is no topic " + domain.topic() + " yet; capture makes it when it loads");
    }
  }

  /** Takes the domain over: the store says from where, and older owners can write no more. */
  private void own(DomainConsumer joined) throws SQLException {
    if (joined.assignment() != ownedAssignment) {
      gap = Optional.empty(); // another may have taken the new load meanwhile
    }
    ownedAssignment = joined.assignment();
    var session = new StoreSession(domain, source, store, instance, twoConnections, apart);
    try {
      Progress durable = session.durable();
      String topicId =
          joined.open(durable.place().nextOffset(), durable.place().topicId(), gap.isPresent());
      var intake =
          new Intake(
              domain.name(),
              durable.at(durable.place().ofTopic(topicId)),
              gap.isPresent(),
              session.newestGeneration());
      owned = Optional.of(new OwnedDomain(domain, session, intake, board));
    } finally {
      if (owned.isEmpty()) {
        session.close();
      }
    }
    LOG.info(
        "domain {}: owned by {}, from offset {} on",
        domain.name(),
        instance,
        owned.get().durable().place().nextOffset());
  }

  private void forgetOld() throws SQLException {
    if (System.nanoTime() - forgetAt >= 0) {
      forgetAt = System.nanoTime() + FORGET.toNanos();
      owned.get().forget(kafka.retention().plus(SEGMENT));
    }
  }

  private interface Work {
    void run() throws SQLException;
  }

  /** The one place that decides what a failure means for the domain. */
  private void attempt(DomainConsumer joined, Work work) {
    try {
      work.run();
    } catch (SQLException | HikariPool.PoolInitializationException e) {
      SQLException failure = e instanceof SQLException sql ? sql : new SQLException(e.getMessage());
      boolean passes = Failure.of(failure) == Failure.RETRY;
      giveUp(
          joined,
          ApplyStatus.State.RETRYING,
          "store " + domain.store() + ": " + Failure.sentence(failure),
          passes ? RETRY : MENDED);
    } catch (MappingException e) {
      giveUp(joined, ApplyStatus.State.RETRYING, e.getMessage(), MENDED);
    } catch (GapException | MirrorGapException e) {
      gap = Optional.of(e.getMessage());
      giveUp(joined, ApplyStatus.State.GAP, e.getMessage(), GAP_CHECK);
    } catch (OwnershipLostException e) {
      giveUp(joined, ApplyStatus.State.STANDBY, e.getMessage(), RETRY);
    } catch (KafkaException e) {
      throw e; // the consumer is made again
    } catch (RuntimeException e) {
      LOG.error("domain {}: an unforeseen failure", domain.name(), e);
      giveUp(joined, ApplyStatus.State.RETRYING, "an unforeseen failure: " + e, MENDED);
    }
  }

  /** Gives the domain up; its next owner starts from what is durable. */
  private void giveUp(
      DomainConsumer joined, ApplyStatus.State state, String detail, Duration pause) {
    if (board.isNew(state, detail)) {
      LOG.warn("domain {}: {}: {}", domain.name(), state, detail);
    }
    endSession();
    joined.hold();
    resumeAt = System.nanoTime() + pause.toNanos();
    report(state, detail);
  }

  private void endSession() {
    owned.ifPresent(OwnedDomain::close);
    owned = Optional.empty();
  }

  private void pauseWithoutConsumer() {
    long until = System.nanoTime() + RETRY.toNanos();
    while (!closed && System.nanoTime() - until < 0) {
      java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  private void reportGood(long lag) {
    OwnedDomain now = owned.orElseThrow();
    Progress durable = now.durable();
    boolean loading = durable.open().isPresent() || now.counts().waiting() > 0;
    boolean empty = durable.loadedEpoch() == 0;
    ApplyStatus.State good =
        empty || loading ? ApplyStatus.State.LOADING : ApplyStatus.State.FOLLOWING;
    boolean hole = now.hole();
    board.report(
        gap.isPresent() ? ApplyStatus.State.GAP : hole ? ApplyStatus.State.RETRYING : good,
        gap.orElse(hole ? "records are missing in the topic; capture sends them again" : ""),
        Optional.of(durable),
        lag,
        now.counts().parked(),
        now.counts().waiting());
  }

  private void report(ApplyStatus.State state, String detail) {
    board.report(state, detail, owned.map(OwnedDomain::durable));
  }
}
