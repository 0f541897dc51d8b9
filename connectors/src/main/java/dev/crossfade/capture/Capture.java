package dev.crossfade.capture;

import dev.crossfade.capture.CaptureStatus.State;
import dev.crossfade.capture.log.Engine;
import dev.crossfade.capture.log.EngineSettings;
import dev.crossfade.control.CaptureState;
import dev.crossfade.control.CaptureState.LoadState;
import dev.crossfade.control.ControlDatabase;
import dev.crossfade.control.Lease;
import dev.crossfade.domain.CapturedTable;
import dev.crossfade.domain.Domain;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.TableName;
import dev.crossfade.publish.KafkaSettings;
import dev.crossfade.publish.PublishException;
import dev.crossfade.publish.Publisher;
import dev.crossfade.publish.Topics;
import dev.crossfade.source.Problem;
import dev.crossfade.source.SourceException;
import dev.crossfade.source.postgresql.PostgresSource;
import dev.crossfade.source.postgresql.SlotStatus;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures one source into its domains' topics, for ever: take the lease, check for gaps, load
 * once, stream; when anything fails, begin again with a new generation. One thread owns it; {@link
 * #status} may be called by any.
 */
public final class Capture implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Capture.class);
  private static final Duration STANDBY = Duration.ofMillis(500);
  private static final Duration FIRST_RETRY = Duration.ofMillis(200);
  private static final Duration LAST_RETRY = Duration.ofSeconds(2);
  private static final Duration GAP_CHECK = Duration.ofSeconds(2);
  private static final Duration LOG_CHECK = Duration.ofMinutes(1);
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration MOST_PATIENCE = Duration.ofMinutes(10);
  private static final Duration SLOT_FREE = Duration.ofSeconds(5);

  /** Of a topic's last records: a connect should not wait for rows that are large. */
  private static final int FEW = 50;

  private final PostgresSource source;
  private final ControlDatabase control;
  private final KafkaSettings kafka;
  private final List<Domain> domains;
  private final String instance;
  private final Engine.Opener engines;
  private final Publisher.Opener publishers;
  private final StatusBoard board = new StatusBoard();
  private final WalGauge retained;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private Duration patience = PATIENCE;

  /** A gap that the source's log has shown, of which it is not asked again too often. */
  private Optional<LogGap> logGap = Optional.empty();

  private record LogGap(Gap gap, int epoch, long foundAt) {}

  /**
   * @param instance this process's name, unique among those that may capture the source
   */
  public Capture(
      PostgresSource source,
      ControlDatabase control,
      KafkaSettings kafka,
      List<Domain> domains,
      String instance) {
    this(source, control, kafka, domains, instance, Engine::new, Publisher::open);
  }

  /** With another edge to the source's log and to Kafka. */
  Capture(
      PostgresSource source,
      ControlDatabase control,
      KafkaSettings kafka,
      List<Domain> domains,
      String instance,
      Engine.Opener engines,
      Publisher.Opener publishers) {
    this.engines = engines;
    this.publishers = publishers;
    this.source = source;
    this.control = control;
    this.kafka = kafka;
    this.domains = List.copyOf(domains);
    this.instance = instance;
    this.retained = new WalGauge(source, board);
    this.thread = new Thread(this::run, "capture-" + source.name());
    thread.setDaemon(true);
  }

  public void start() {
    retained.start();
    thread.start();
  }

  public CaptureStatus status() {
    return board.status();
  }

  /** Stops in order: the stream, the lease; what is not released is delivered again later. */
  @Override
  public void close() {
    stop.countDown();
    retained.close();
    try {
      thread.join(STOP.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Duration pause = FIRST_RETRY;
    try (Lease lease = control.lease(source.name(), instance)) {
      while (!stopped(Duration.ZERO)) {
        try {
          if (!lease.tryTake()) {
            board.state(State.STANDBY, "another process captures source " + source.name());
            pause = STANDBY;
          } else {
            capture(lease);
            pause = FIRST_RETRY;
          }
        } catch (Gap gap) {
          tell(gap);
          pause = GAP_CHECK;
        } catch (RuntimeException | SQLException e) {
          boolean streamed = board.streamed();
          pause = streamed ? FIRST_RETRY : min(pause.multipliedBy(2), LAST_RETRY);
          if (e instanceof Watch.Stuck) {
            // a server may read its log for long before it sends: be more patient the next time
            patience = min(patience.multipliedBy(2), MOST_PATIENCE);
          } else if (streamed) {
            patience = PATIENCE;
          }
          if (board.state(State.RETRYING, String.valueOf(e.getMessage()))) {
            LOG.warn("source {}: trying again after: {}", source.name(), e.getMessage());
            LOG.debug("source {}: the failure", source.name(), e);
          }
        }
        if (stopped(pause)) {
          break;
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("capture of source {} was interrupted", source.name());
    } catch (RuntimeException e) {
      LOG.error("capture of source {} has ended", source.name(), e);
    } finally {
      board.state(State.STOPPED, "stopped"); // also after an error that nobody can handle
    }
  }

  private void tell(Gap gap) {
    if (board.state(State.GAP, gap.getMessage())) {
      LOG.error("source {}: GAP: {}", source.name(), gap.getMessage());
    }
  }

  /** One generation: from the checks to the end of a load, or to the first failure of a stream. */
  private void capture(Lease lease) throws SQLException, InterruptedException {
    board.state(State.CHECKING, "checks source " + source.name() + " and its topics");
    try (Topics topics = Topics.open(kafka)) {
      Routes configured = check(topics);
      CaptureState state = control.state(source.name());
      guard(topics, state, source.status());
      if (state.load() == LoadState.DONE) {
        checkLogGap(state);
        stream(topics, lease);
      } else {
        load(topics, lease, configured);
      }
    }
  }

  private Routes check(Topics topics) {
    List<CapturedTable> tables = domains.stream().flatMap(d -> d.tables().stream()).toList();
    var problems = new ArrayList<Problem>(source.preflight(tables));
    problems.addAll(topics.check(domains));
    if (!problems.isEmpty()) {
      gapsBefore(topics, problems);
      throw new SourceException(problems);
    }
    mendPublication(tables.stream().map(CapturedTable::name).collect(Collectors.toSet()));
    return shapes();
  }

  /** What a source lacks that is another one than it was is not the problem. */
  private void gapsBefore(Topics topics, List<Problem> problems) {
    CaptureState state = control.state(source.name());
    if (state.load() == LoadState.DONE) {
      try {
        guard(topics, state, source.status());
      } catch (SourceException | PublishException e) {
        LOG.debug("no gap was looked for behind {}", problems, e);
      }
    }
  }

  private Routes shapes() {
    return new Routes(domains, domains.stream().map(d -> source.shapes(d.tables())).toList());
  }

  /** Makes the publication whole, and remembers before that which tables have missed changes. */
  private void mendPublication(Set<TableName> tables) {
    Set<TableName> published = source.published();
    CaptureState state = control.state(source.name());
    if (state.load() == LoadState.DONE) {
      var whole = Captured.only(state.captured(), published);
      if (!whole.equals(state.captured())) {
        control.captured(source.name(), state.generation(), whole);
      }
    }
    if (!published.equals(tables)) {
      source.ensurePublication(tables);
    }
  }

  private void guard(Topics topics, CaptureState state, SlotStatus server) {
    if (state.load() == LoadState.NONE && topics.lastGeneration(domains) > 0) {
      throw new Gap(
          "the topics hold records of source "
              + source.name()
              + ", but the control database knows nothing of it; ask for a new load of the source, or"
              + " delete the topics if no store needs them");
    }
    Optional<String> gap =
        GapGuard.find(source.settings().slot(), state, server, topics.found(domains));
    if (gap.isPresent()) {
      throw new Gap(gap.get());
    }
  }

  private void load(Topics topics, Lease lease, Routes routes) throws SQLException {
    long generation =
        control.beginGeneration(
            source.name(), instance, topics.lastGeneration(domains, Topics.LAST_RECORDS));
    int epoch = control.beginLoad(source.name(), generation, source.settings().slot());
    board.generation(epoch, generation);
    board.state(State.LOADING, "loads epoch " + epoch);
    LOG.info(
        "source {}: load of epoch {} begins (generation {})", source.name(), epoch, generation);
    try (Publisher publisher = publishers.open(kafka, generation, routes.topics())) {
      var ids = topics.ensure(domains);
      Lsn start =
          new Load(
                  source,
                  epoch,
                  routes,
                  publisher,
                  rows -> {
                    board.sent(rows);
                    checkStillOurs(lease);
                  })
              .run();
      SlotStatus server = source.status();
      control.endLoad(
          source.name(),
          generation,
          new CaptureState(
              epoch,
              generation,
              LoadState.DONE,
              server.systemIdentifier(),
              server.timeline(),
              start,
              Optional.empty(),
              publisher.sent(),
              ids,
              Captured.of(domains, routes)));
    }
    LOG.info("source {}: load of epoch {} is done", source.name(), epoch);
  }

  private void stream(Topics topics, Lease lease) throws SQLException, InterruptedException {
    freeSlot();
    // Above what the topics hold: a control database that was restored may count from before.
    long generation =
        control.beginGeneration(source.name(), instance, topics.lastGeneration(domains, FEW));
    // 1. From here on a holder before us changes nothing. 2. What it has left can be read.
    CaptureState state = control.state(source.name());
    if (state.load() != LoadState.DONE) {
      return;
    }
    board.generation(state.epoch(), generation);
    SlotStatus before = source.status();
    guard(topics, state, before);
    Routes routes = Captured.restrict(domains, shapes(), state.captured());
    var captured = Captured.of(domains, routes);
    boolean same = captured.equals(state.captured());
    if (!same) {
      control.captured(source.name(), generation, captured);
    }
    Lsn base = before.slot().orElseThrow().confirmed();
    try (Publisher publisher = publishers.open(kafka, generation, routes.topics())) {
      var watch =
          new Watch(
              source,
              lease,
              publisher,
              routes,
              patience,
              this::loadWanted,
              () -> topics.look(domains).ifPresent(found -> checkTopics(state, found)));
      var stream =
          new Stream(
              source.name(),
              new Transactions(
                  state.epoch(), base, same ? state.published() : Lsn.ZERO, state.publishedAt()),
              state.released(),
              routes,
              publisher,
              new Generation(
                  source,
                  control,
                  board,
                  watch,
                  state,
                  generation,
                  base,
                  (known, now) -> guard(topics, known, now),
                  () -> checkShapes(routes, captured)));
      try (var engine = engines.open(EngineSettings.of(source, routes.tables()), stream)) {
        LOG.info(
            "source {}: generation {} of epoch {} begins at {}",
            source.name(),
            generation,
            state.epoch(),
            base);
        until(watch, engine, publisher);
      }
    }
  }

  /**
   * A gap is told at once: the engine may take its time to stop, above all in a send that waits.
   */
  private void until(Watch watch, Engine engine, Publisher publisher)
      throws SQLException, InterruptedException {
    try {
      watch.until(engine, stop);
    } catch (Gap gap) {
      tell(gap);
      publisher.close();
      if (gap.inLog()) {
        logGap = Optional.of(new LogGap(gap, board.status().epoch(), System.nanoTime()));
      }
      throw gap;
    }
  }

  private void checkLogGap(CaptureState state) {
    if (logGap.isPresent()
        && logGap.get().epoch() == state.epoch()
        && System.nanoTime() - logGap.get().foundAt() < LOG_CHECK.toNanos()) {
      throw logGap.get().gap();
    }
  }

  private static void checkTopics(CaptureState state, Map<String, Topics.Found> found) {
    Optional<String> gap = GapGuard.topics(state.topics(), found);
    if (gap.isPresent()) {
      throw new Gap(gap.get());
    }
  }

  /** Rows of a changed table would be read with its old shape, and be cut or left out. */
  private void checkShapes(Routes routes, Map<String, Map<String, Map<String, String>>> captured) {
    if (!Captured.restrict(domains, shapes(), captured).sameShapes(routes)) {
      throw new IllegalStateException(
          "the captured tables of source " + source.name() + " have changed their shape");
    }
  }

  /** A connection of a holder before us may still hang on the slot. */
  private void freeSlot() throws InterruptedException {
    long deadline = System.nanoTime() + SLOT_FREE.toNanos();
    while (source.slot().map(s -> s.activePid().isPresent()).orElse(false)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "the slot " + source.settings().slot() + " is held by another connection");
      }
      source.endStreaming();
      if (stopped(Duration.ofMillis(50))) {
        return;
      }
    }
  }

  private boolean loadWanted() {
    return control.state(source.name()).load() == LoadState.WANTED;
  }

  private void checkStillOurs(Lease lease) {
    if (!lease.held()) {
      throw new IllegalStateException("the lease of source " + source.name() + " was lost");
    } else if (stop.getCount() == 0) {
      throw new IllegalStateException("capture is being stopped");
    }
  }

  private boolean stopped(Duration wait) throws InterruptedException {
    return stop.await(wait.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
