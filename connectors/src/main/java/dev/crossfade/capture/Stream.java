package dev.crossfade.capture;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.crossfade.capture.log.LogConsumer;
import dev.crossfade.capture.log.LogEvent;
import dev.crossfade.capture.log.LogTransaction;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.event.Row;
import dev.crossfade.event.Stamp;
import dev.crossfade.event.TopicRecord;
import dev.crossfade.publish.Publisher;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One generation of the stream: takes what the engine decodes, gives each row its position, sends
 * it to the topics of its table, and releases the source up to the last END before which Kafka has
 * everything. Owned by the engine's thread. Whatever it throws ends the generation.
 */
final class Stream implements LogConsumer {
  private static final Logger LOG = LoggerFactory.getLogger(Stream.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration BETWEEN_RELEASES = Duration.ofMillis(200);
  private static final Duration ACKNOWLEDGED = Duration.ofMillis(20);
  private static final int SMALL = 500;
  private static final int FEW = 2;

  /** What the stream tells and asks its surroundings. */
  interface Surroundings {
    /** Called before the first send, once the slot is active: throws if a gap has opened. */
    void checkAgain();

    /** What was captured before has come again, as it was: what comes from here on is new. */
    void streams();

    /** The log says something new of a table, or the first: throws if its shape is another. */
    void checkShapes();

    /** Stores what is published; throws if another generation has begun. */
    void published(
        Lsn end, Instant committed, Map<String, Stamp> released, Optional<Instant> marker);

    /** A batch was taken, with so many changes. */
    void progress(long changes);
  }

  /** An END that may be released once its stamps are acknowledged. */
  private record Sent(LogEvent.End end, Map<String, Stamp> stamps, Optional<Instant> marker) {}

  private final String source;
  private final Map<String, Stamp> releasedBefore;
  private final Routes routes;
  private final Publisher publisher;
  private final Surroundings surroundings;
  private final Transactions transactions;
  private final Map<String, TopicRecord> held = new HashMap<>();
  private final Deque<Sent> ends = new ArrayDeque<>();

  private final Descriptions descriptions = new Descriptions();

  private Optional<Instant> lastMarker = Optional.empty();
  private boolean started;
  private boolean streams;
  private long releasedAt = System.nanoTime();
  private long changes;

  /**
   * @param transactions where the slot was released
   * @param releasedBefore the last record of each topic that will not be delivered again
   */
  Stream(
      String source,
      Transactions transactions,
      Map<String, Stamp> releasedBefore,
      Routes routes,
      Publisher publisher,
      Surroundings surroundings) {
    this.source = source;
    this.releasedBefore = releasedBefore;
    this.routes = routes;
    this.publisher = publisher;
    this.surroundings = surroundings;
    this.transactions = transactions;
  }

  @Override
  public void take(List<LogEvent> events, Release release) throws InterruptedException {
    if (!started) {
      surroundings.checkAgain();
      start();
    }
    boolean described = false;
    for (LogEvent event : events) {
      described |= event instanceof LogEvent.Change change && descriptions.isNew(change.table());
    }
    if (described) {
      surroundings.checkShapes();
    }
    Optional<Sent> last = Optional.empty();
    for (LogEvent event : events) {
      Optional<Sent> end = take(event);
      if (end.isPresent()) {
        last = end;
      }
    }
    last.ifPresent(ends::addLast); // one a batch: how many may wait is bounded
    if (!streams && !transactions.again()) {
      streams = true;
      surroundings.streams();
    }
    surroundings.progress(changes);
    changes = 0;
    release(release, events.size() < SMALL && ends.size() <= FEW);
  }

  private void start() {
    started = true;
    for (String topic : routes.topics()) {
      var start =
          new GenerationStart(
              source,
              transactions.epoch(),
              Optional.ofNullable(releasedBefore.get(topic)),
              false,
              routes.shapes(topic),
              Instant.now());
      publisher.send(topic, start, true);
    }
  }

  private Optional<Sent> take(LogEvent event) {
    if (event instanceof LogEvent.Change change) {
      change(change);
    } else if (event instanceof LogEvent.Begin begin) {
      transactions.begin(begin.transaction().xid());
    } else if (event instanceof LogEvent.End end) {
      return end(end);
    } else if (event instanceof LogEvent.Message message) {
      message(message);
    }
    return Optional.empty();
  }

  private Optional<Sent> end(LogEvent.End end) {
    LogTransaction transaction = end.transaction();
    transactions.end(transaction.xid(), end.lsn(), transaction.committed());
    if (transactions.again()) {
      // The log may be another one. What comes again is one transaction in the topics, which is
      // complete, and released, with the END that was captured last.
      return Optional.empty();
    }
    held.forEach((topic, record) -> publisher.send(topic, record, true));
    held.clear();
    return Optional.of(new Sent(end, publisher.sent(), lastMarker));
  }

  private void message(LogEvent.Message message) {
    if (!message.prefix().equals(Marker.PREFIX)) {
      return;
    } else if (message.transaction().isEmpty()) {
      // anybody may write one, outside of transactions and so without a place in their order
      LOG.warn("a message with the prefix {} is not transactional and is left out", Marker.PREFIX);
      return;
    }
    Position position = transactions.row(message.transaction().get().xid(), message.lsn());
    Marker marker;
    try {
      JsonNode json = JSON.readTree(new String(message.content(), StandardCharsets.UTF_8));
      marker =
          new Marker(
              json.path("id").asText(),
              Marker.Kind.valueOf(json.path("kind").asText().toUpperCase(Locale.ROOT)),
              position,
              Instant.parse(json.path("ts").asText()));
    } catch (JsonProcessingException | RuntimeException e) {
      LOG.warn("a message with the prefix {} is not a marker and is left out", Marker.PREFIX);
      return;
    }
    routes.topics().forEach(topic -> hold(topic, marker));
    lastMarker = Optional.of(marker.ts());
  }

  /**
   * A row whose primary key has changed comes under its new one, which tells the old one, and then
   * as the deletion of the old one: whoever applies them finds the old row's values while it is
   * still there.
   */
  private void change(LogEvent.Change change) {
    Position position = transactions.row(change.transaction().xid(), change.lsn());
    List<Routes.Route> to = routes.of(change.table().name());
    Map<String, ChangeEvent> gone = Map.of();
    for (Routes.Route route : to) {
      Optional<Row> left = left(route, change);
      if (left.isPresent()) {
        gone = gone.isEmpty() ? new LinkedHashMap<>() : gone;
        gone.put(
            route.topic(),
            event(change, ChangeEvent.Op.DELETE, left.get(), Row.EMPTY, Row.EMPTY, position));
      }
      hold(route.topic(), event(route, change, left, position));
    }
    gone.forEach(this::hold);
  }

  private static ChangeEvent event(
      Routes.Route route, LogEvent.Change change, Optional<Row> left, Position position) {
    Row key =
        switch (change.op()) {
          case TRUNCATE -> Row.EMPTY;
          case DELETE -> route.key(change.before());
          default -> route.key(change.after());
        };
    return event(
        change,
        left.isPresent() ? ChangeEvent.Op.CREATE : change.op(),
        key,
        left.orElse(Row.EMPTY),
        change.after().map(route::row).orElse(Row.EMPTY),
        position);
  }

  /** The key that a changed row had, if it has another one now. */
  private static Optional<Row> left(Routes.Route route, LogEvent.Change change) {
    if (change.op() != ChangeEvent.Op.UPDATE || change.before().isEmpty()) {
      return Optional.empty();
    }
    Row before = route.key(change.before());
    return before.equals(route.key(change.after())) ? Optional.empty() : Optional.of(before);
  }

  private static ChangeEvent event(
      LogEvent.Change change,
      ChangeEvent.Op op,
      Row key,
      Row before,
      Row after,
      Position position) {
    LogTransaction in = change.transaction();
    return new ChangeEvent(
        op,
        change.table().name(),
        key,
        before,
        after,
        position,
        in.xid(),
        in.committed(),
        in.origin());
  }

  private void hold(String topic, TopicRecord record) {
    TopicRecord before = held.put(topic, record);
    if (before != null) {
      publisher.send(topic, before, false);
    }
    changes++;
  }

  /**
   * @param quiet whether little came: then the next batch may be a heartbeat away, and so long the
   *     source would keep its log, and the lag seem to be, if the answer were not waited for
   */
  private void release(Release release, boolean quiet) throws InterruptedException {
    if (ends.isEmpty() || System.nanoTime() - releasedAt < BETWEEN_RELEASES.toNanos()) {
      return;
    }
    if (quiet) {
      publisher.awaitAcknowledgedBriefly(ends.peekLast().stamps(), ACKNOWLEDGED);
    }
    Optional<Sent> last = Optional.empty();
    while (!ends.isEmpty() && publisher.acknowledged(ends.peekFirst().stamps())) {
      last = Optional.of(ends.removeFirst());
    }
    if (last.isPresent()) {
      LogEvent.End end = last.get().end();
      // 1. The control database knows. 2. The source may forget. The other way round, a slot that
      // was released and a memory that is older would look like a gap.
      surroundings.published(
          end.lsn(), end.transaction().committed(), last.get().stamps(), last.get().marker());
      release.upTo(end);
      releasedAt = System.nanoTime();
    }
  }
}
