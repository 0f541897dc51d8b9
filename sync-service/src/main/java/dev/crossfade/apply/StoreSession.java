package dev.crossfade.apply;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Marker;
import dev.crossfade.event.Position;
import dev.crossfade.mapping.Dependants;
import dev.crossfade.mapping.Derivation;
import dev.crossfade.mapping.Dirty;
import dev.crossfade.mapping.Mapping;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.mirror.MirrorBatch;
import dev.crossfade.source.Problem;
import dev.crossfade.store.Trip;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * The domain's store while this consumer owns the domain, and the transactions of apply. After any
 * exception the session is closed and a new one reads the durable progress again, so that a commit
 * whose answer was lost needs no case of its own. For one thread at a time, with exceptions, which
 * may go on while other work is done: {@link #applying} of the next batches, in one thread, and
 * {@link Applying#ahead} and {@link Waiting#ahead} of the next one.
 */
final class StoreSession implements AutoCloseable {
  private final Domain domain;
  private final String source;
  private final StoreConnection own;
  private final SecondConnection second;

  private final ProgressRow row;
  private final Deriving deriving;
  private Optional<ProgressRow.Shapes> shapes = Optional.empty();
  private Optional<Flow> flow = Optional.empty();
  private volatile Progress durable;

  /** How far all that was merged goes: the mirror has nothing that is born after it. */
  private Optional<Position> furthest;

  /** Whether that is so: if a row was in the way all the same, the mirror is asked for each. */
  private final Reliance nothingFurther = new Reliance();

  private final Reliance apart;

  /** What was merged last: the only batch before the next that may not be committed yet. */
  private Optional<Applying> last = Optional.empty();

  /** What the shapes of a generation give: the mirror, and the mapping prepared against it. */
  private record Flow(Mirror mirror, Mapping mapping) {}

  /**
   * @param second whether the store has a second connection for this domain
   * @param apart whether two parts of what waits are derived side by side; it outlives the session,
   *     which may have failed by that
   */
  StoreSession(
      Domain domain,
      String source,
      DataSource store,
      String instance,
      boolean second,
      Reliance apart)
      throws SQLException {
    this.apart = apart;
    this.domain = domain;
    this.source = source;
    this.row = new ProgressRow(domain.name(), instance);
    this.deriving = new Deriving(domain.name());
    this.second = new SecondConnection(domain.name(), store, second);
    this.own = new StoreConnection(domain.name(), store);
    try {
      durable = row.take(own.sql());
      furthest = durable.furthest();
      shapes = row.shapes(own.sql());
      if (shapes.isPresent()) {
        flow = Optional.of(open(shapes.get().start()));
      }
      deriving.count(own.sql());
      own.commit();
    } catch (SQLException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** What the store has. Any thread. */
  Progress durable() {
    return durable;
  }

  /** The newest generation whose start this store has applied; 0 before the first. */
  long newestGeneration() {
    return shapes.map(ProgressRow.Shapes::generation).orElse(0L);
  }

  /** Any thread. */
  Dirty.Counts counts() {
    return deriving.counts();
  }

  /** A generation begins: its shapes decide the mirror, and the mapping is checked against it. */
  void begin(GenerationStart start, Progress after) throws SQLException {
    begin(own, after).send();
    var begun = new ProgressRow.Shapes(after.place().generation(), start);
    boolean replayed =
        shapes.isPresent()
            && !start.load()
            && shapes.get().start().epoch() == start.epoch()
            && shapes.get().generation() > begun.generation();
    if (!replayed) {
      row.shapes(own.sql(), begun);
      flow = Optional.of(open(start));
      shapes = Optional.of(begun);
    }
    own.commit();
    durable = after;
    furthest = after.furthest();
  }

  private Flow open(GenerationStart start) throws SQLException {
    Mirror mirror = new Mirror(source, domain, start.tables());
    mirror.ensure(own.sql());
    Mapping mapping = Mapping.prepare(own.sql(), domain, mirror);
    if (!mapping.problems().isEmpty()) {
      throw new MappingException(
          mapping.problems().stream().map(Problem::sentence).collect(Collectors.joining(" ")));
    }
    return new Flow(mirror, mapping);
  }

  /**
   * Whole transactions: into the mirror, derived, with the progress, in one store transaction. Part
   * of a transaction, or of a load: into the mirror; what it touches waits for the end.
   */
  void apply(Intake.Batch batch) throws SQLException {
    applying(batch, false).run();
  }

  /**
   * Begins to apply a batch: merges it. Batches are given in the order of the topic, and applied in
   * it.
   *
   * @param behind whether the batch before may still be at work when {@link Applying#ahead} is
   *     called; none before that may
   */
  Applying applying(Intake.Batch batch, boolean behind) {
    MirrorBatch rows = flow().mirror().merge(batch.changes(), durable.loadedEpoch());
    Optional<Applying> before = behind ? last : Optional.empty();
    StoreConnection on = before.filter(b -> b.on == own).flatMap(b -> second.opened()).orElse(own);
    var next =
        new Applying(
            batch.withoutChanges(),
            rows,
            before.filter(b -> b.on != on).map(b -> b.rows),
            furthest,
            on);
    furthest = batch.after().furthest();
    last = Optional.of(next);
    return next;
  }

  /** A batch on its way into the store. */
  final class Applying implements StoreThreads.Work {
    private final Intake.Batch batch;
    private final MirrorBatch rows;
    private final StoreConnection on;

    /** The batch before, if that is applied on another connection. */
    private Optional<MirrorBatch> before;

    /** How far all that was applied before it goes. */
    private final Optional<Position> newAfter;

    private boolean ahead;

    private Applying(
        Intake.Batch batch,
        MirrorBatch rows,
        Optional<MirrorBatch> before,
        Optional<Position> newAfter,
        StoreConnection on) {
      this.newAfter = newAfter;
      this.batch = batch;
      this.rows = rows;
      this.before = before;
      this.on = on;
    }

    /**
     * Writes what the batch before, which may still be at work, has nothing to do with. Nothing is
     * committed before {@link #run}, which checks who owns the domain.
     */
    @Override
    public void ahead() throws SQLException {
      if (before.isPresent()) {
        ahead = true;
        try {
          writeAhead(before.get());
        } finally {
          before = Optional.empty();
          on.waits();
        }
      }
    }

    private void writeAhead(MirrorBatch of) throws SQLException {
      if (!nothingFurther.holds() || !wroteAhead(of, newAfter)) {
        wroteAhead(of, Optional.empty());
      }
    }

    /** Else there was a row in the way, and nothing is written ahead. */
    private boolean wroteAhead(MirrorBatch of, Optional<Position> newAfter) throws SQLException {
      try {
        rows.ahead(on.trip(), of, newAfter);
        return true;
      } catch (SQLException e) {
        if (!MirrorBatch.rowWasThere(e)) {
          throw e;
        }
        nothingFurther.failed();
      }
      takeBack();
      return false;
    }

    /** Takes back what was written ahead; {@link #run} writes it then. */
    @Override
    public void takeBack() throws SQLException {
      if (ahead) {
        on.rollback();
        rows.takeBack();
      }
    }

    /** Of a part of a transaction nothing is derived. */
    @Override
    public boolean batch() {
      return batch.after().open().isEmpty();
    }

    /** All the rest, when the batch before is committed. */
    @Override
    public void run() throws SQLException {
      Set<AggregateId> touched = mirror();
      pass(on, batch);
      boolean completes = durable.open().isPresent();
      boolean whole = batch.after().open().isEmpty();
      if (whole && !completes && few(touched)) {
        if (deriving.deriveAndCommit(on.sql(), derivation(), touched)) {
          on.ended();
        } else {
          on.commit();
        }
        durable = batch.after();
        return;
      } else if (whole) {
        deriving.derive(on.sql(), derivation(), touched, completes);
      } else {
        deriving.add(on.sql(), touched);
      }
      finish(on, batch.after());
    }

    /** Where nothing waits, as almost always, and nothing has to: two trips to the store in all. */
    private boolean few(Set<AggregateId> touched) {
      return counts().none() && !touched.isEmpty() && touched.size() <= Deriving.AT_ONCE;
    }

    private Set<AggregateId> mirror() throws SQLException {
      before = Optional.empty();
      rows.write(begin(on, batch.after()));
      Set<AggregateId> touched = rows.touched();
      for (Dependants dependants : flow().mapping().dependants()) {
        Set<String> keys = rows.references().get(dependants.table());
        if (keys != null) {
          touched.addAll(dependants.of(on.sql(), keys));
        }
      }
      return touched;
    }

    /** Derives some of the aggregates that wait, on the same connection. */
    void deriveWaiting() throws SQLException {
      for (Waiting part : waiting(List.of(on))) {
        part.run();
      }
    }
  }

  void endLoad(LoadEnd end, Progress after) throws SQLException {
    begin(own, after).send();
    flow().mirror().endLoad(own.sql(), domain.name(), end.epoch());
    Dirty.analyze(own.sql());
    finish(own, after);
    furthest = after.furthest();
  }

  /**
   * What derives some of the aggregates that wait, if nothing is half in the mirror.
   *
   * @param two whether many may be given in two parts, of which the second can be begun while the
   *     first is at work
   */
  List<Waiting> waiting(boolean two) throws SQLException {
    last = Optional.empty(); // it is committed, and need not be held
    if (two && Deriving.many(counts()) && apart.holds()) {
      return waiting(Stream.concat(Stream.of(own), second.opened().stream()).toList());
    }
    second.restAfterUse();
    return waiting(List.of(own));
  }

  /** What was given by {@link #waiting} has failed. */
  void waitingFailed() {
    apart.failed();
  }

  private List<Waiting> waiting(List<StoreConnection> on) throws SQLException {
    var parts = new ArrayList<Waiting>();
    if (counts().none() || durable.open().isPresent() || flow.isEmpty()) {
      return parts;
    }
    StoreConnection first = on.get(0);
    first.trip();
    List<Set<AggregateId>> due = deriving.waiting(first.sql(), on.size());
    first.commit();
    for (int i = 0; i < due.size(); i++) {
      parts.add(new Waiting(this, on.get(i), due.get(i), apart));
    }
    return parts;
  }

  /**
   * Derives aggregates that waited, and commits.
   *
   * @param trip to which the lock is added
   * @param derived whether that was done in this transaction
   */
  void deriveWaiting(StoreConnection on, Trip trip, Set<AggregateId> aggregates, boolean derived)
      throws SQLException {
    row.lock(trip, durable, durable);
    trip.send();
    deriving.deriveWaiting(on.sql(), derivation(), aggregates, derived);
    finish(on, durable);
  }

  /** Forgets what no record in the topic can ask for any more. */
  void forget(Duration retention) throws SQLException {
    if (flow.isPresent()) {
      begin(own, durable).send();
      flow.get().mirror().forgetDeleted(own.sql(), retention);
      try (PreparedStatement delete =
          own.sql()
              .prepareStatement(
                  "delete from crossfade.marker where domain = ? and committed_at < now() - make_interval(secs => ?)")) {
        delete.setString(1, domain.name());
        delete.setLong(2, retention.toSeconds());
        delete.executeUpdate();
      }
      own.commit();
    }
  }

  /** Fences are kept one by one, so that whoever wrote one can find it; heartbeats are not. */
  private void pass(StoreConnection on, Intake.Batch batch) throws SQLException {
    for (Marker marker : batch.markers()) {
      if (marker.kind() == Marker.Kind.FENCE) {
        try (PreparedStatement insert =
            on.sql()
                .prepareStatement(
                    "insert into crossfade.marker (domain, id, epoch, base, lsn) values (?, ?, ?, ?::pg_lsn, ?::pg_lsn) on conflict do nothing")) {
          insert.setString(1, domain.name());
          insert.setString(2, marker.id());
          insert.setInt(3, marker.position().epoch());
          insert.setString(4, marker.position().base().toString());
          insert.setString(5, marker.position().lsn().toString());
          insert.executeUpdate();
        }
      }
    }
  }

  private void finish(StoreConnection on, Progress after) throws SQLException {
    if (durable.open().isPresent() && after.open().isEmpty()) {
      deriving.count(on.sql());
    }
    on.commit();
    durable = after;
  }

  /**
   * The first statement of a transaction, but for what was written or derived ahead: the one that
   * locks the domain.
   */
  private Trip begin(StoreConnection on, Progress after) throws SQLException {
    Trip trip = on.trip();
    row.lock(trip, durable, after);
    return trip;
  }

  Derivation derivation() {
    return flow().mapping().derivation();
  }

  private Flow flow() {
    return flow.orElseThrow(
        () ->
            new GapException(
                "domain "
                    + domain.name()
                    + ": the topic begins in the middle of a generation; load the domain again"));
  }

  @Override
  public void close() {
    try {
      own.close();
    } finally {
      second.close();
    }
  }
}
