package dev.crossfade.apply;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Marker;
import dev.crossfade.mapping.Dependants;
import dev.crossfade.mapping.Dirty;
import dev.crossfade.mapping.Mapping;
import dev.crossfade.mirror.AggregateId;
import dev.crossfade.mirror.Mirror;
import dev.crossfade.source.Problem;
import dev.crossfade.store.StoreSchema;
import dev.crossfade.store.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * The domain's store while this consumer owns the domain: one connection, and the transactions of
 * apply. After any exception the session is closed and a new one reads the durable progress again,
 * so that a commit whose answer was lost needs no case of its own. For one thread at a time.
 */
final class StoreSession implements AutoCloseable {
  /** Aggregates derived in the transaction that makes them dirty; more wait in the dirty table. */
  static final int DERIVED_AT_ONCE = 100_000;

  /** Aggregates derived in one statement. */
  private static final int CHUNK = 2_000;

  private final Domain domain;
  private final String source;
  private final Connection connection;
  private final StoreWatch watch;
  private final ProgressRow row;
  private final Dirty dirty;
  private Optional<ProgressRow.Shapes> shapes = Optional.empty();
  private Optional<Flow> flow = Optional.empty();
  private Progress durable;
  private Dirty.Counts counts;
  private boolean committed;

  /** What the shapes of a generation give: the mirror, and the mapping prepared against it. */
  private record Flow(Mirror mirror, Mapping mapping) {}

  StoreSession(Domain domain, String source, DataSource store, String instance)
      throws SQLException {
    this.domain = domain;
    this.source = source;
    this.row = new ProgressRow(domain.name(), instance);
    this.dirty = new Dirty(domain.name());
    this.connection = store.getConnection();
    this.watch = new StoreWatch(domain.name(), store, connection);
    try {
      connection.setAutoCommit(true);
      StoreSchema.prepare(connection);
      connection.setAutoCommit(false);
      durable = row.take(connection);
      shapes = row.shapes(connection);
      if (shapes.isPresent()) {
        flow = Optional.of(open(shapes.get().start()));
      }
      counts = dirty.counts(connection);
      commit();
    } catch (SQLException | RuntimeException e) {
      close();
      throw e;
    }
  }

  Progress durable() {
    return durable;
  }

  /** The newest generation whose start this store has applied; 0 before the first. */
  long newestGeneration() {
    return shapes.map(ProgressRow.Shapes::generation).orElse(0L);
  }

  Dirty.Counts counts() {
    return counts;
  }

  /** A generation begins: its shapes decide the mirror, and the mapping is checked against it. */
  void begin(GenerationStart start, Progress after) throws SQLException {
    begin(after).send();
    var begun = new ProgressRow.Shapes(after.place().generation(), start);
    boolean replayed =
        shapes.isPresent()
            && !start.load()
            && shapes.get().start().epoch() == start.epoch()
            && shapes.get().generation() > begun.generation();
    if (!replayed) {
      row.shapes(connection, begun);
      flow = Optional.of(open(start));
      shapes = Optional.of(begun);
    }
    commit();
    durable = after;
  }

  private Flow open(GenerationStart start) throws SQLException {
    Mirror mirror = new Mirror(source, domain, start.tables());
    mirror.ensure(connection);
    Mapping mapping = Mapping.prepare(connection, domain, mirror);
    if (!mapping.problems().isEmpty()) {
      throw new MappingException(
          mapping.problems().stream().map(Problem::sentence).collect(Collectors.joining(" ")));
    }
    return new Flow(mirror, mapping);
  }

  /** Whole transactions: into the mirror, derived, with the progress, in one store transaction. */
  void apply(Intake.Batch batch) throws SQLException {
    Set<AggregateId> touched = mirror(begin(batch.after()), batch);
    pass(batch);
    boolean whole = batch.after().open().isEmpty() && durable.open().isEmpty();
    if (whole && counts.none() && !touched.isEmpty() && touched.size() <= DERIVED_AT_ONCE) {
      deriveAndCommit(touched);
      durable = batch.after();
      return;
    } else if (batch.after().open().isPresent()) {
      dirty.add(connection, touched);
    } else {
      derive(touched);
    }
    finish(batch.after());
  }

  /** Part of a transaction: into the mirror; what it touches waits for the transaction's end. */
  void spill(Intake.Batch batch) throws SQLException {
    dirty.add(connection, mirror(begin(batch.after()), batch));
    finish(batch.after());
  }

  void endLoad(LoadEnd end, Progress after) throws SQLException {
    begin(after).send();
    flow().mirror().endLoad(connection, domain.name(), end.epoch());
    finish(after);
  }

  /** Derives some of the aggregates that wait, if nothing is half in the mirror. */
  boolean deriveWaiting() throws SQLException {
    if (counts.none() || durable.open().isPresent() || flow.isEmpty()) {
      return false;
    }
    begin(durable).send();
    Set<AggregateId> due = dirty.due(connection, CHUNK);
    deriveNow(due);
    finish(durable);
    return !due.isEmpty();
  }

  /** Forgets what no record in the topic can ask for any more. */
  void forget(Duration retention) throws SQLException {
    if (flow.isPresent()) {
      begin(durable).send();
      flow.get().mirror().forgetDeleted(connection, retention);
      try (PreparedStatement delete =
          connection.prepareStatement(
              "delete from crossfade.marker where domain = ? and committed_at < now() - make_interval(secs => ?)")) {
        delete.setString(1, domain.name());
        delete.setLong(2, retention.toSeconds());
        delete.executeUpdate();
      }
      commit();
    }
  }

  /** Sends the trip, with what writes the mirror. */
  private Set<AggregateId> mirror(Trip trip, Intake.Batch batch) throws SQLException {
    Set<AggregateId> touched = flow().mirror().write(trip, batch.changes(), durable.loadedEpoch());
    var references = flow().mirror().references(batch.changes());
    for (Dependants dependants : flow().mapping().dependants()) {
      Set<String> keys = references.get(dependants.table());
      if (keys != null) {
        touched.addAll(dependants.of(connection, keys));
      }
    }
    return touched;
  }

  /** Fences are kept one by one, so that whoever wrote one can find it; heartbeats are not. */
  private void pass(Intake.Batch batch) throws SQLException {
    for (Marker marker : batch.markers()) {
      if (marker.kind() == Marker.Kind.FENCE) {
        try (PreparedStatement insert =
            connection.prepareStatement(
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

  private void derive(Set<AggregateId> touched) throws SQLException {
    var fresh = new LinkedHashSet<>(touched);
    if (counts.parked() > 0) {
      fresh.removeAll(dirty.wake(connection, touched));
    }
    if (durable.open().isPresent()) {
      // The transaction that was open is complete with this batch: what it touched goes with it.
      dirty.add(connection, fresh);
      Set<AggregateId> waiting = dirty.due(connection, DERIVED_AT_ONCE);
      deriveNow(waiting);
    } else if (fresh.size() <= DERIVED_AT_ONCE) {
      deriveNow(fresh);
    } else {
      dirty.add(connection, fresh);
      counts = dirty.counts(connection);
    }
  }

  /** Where nothing waits, as almost always, and nothing has to: two trips to the store in all. */
  private void deriveAndCommit(Set<AggregateId> touched) throws SQLException {
    Optional<Map<AggregateId, String>> parked =
        flow().mapping().derivation().deriveAndCommit(connection, touched);
    if (parked.isPresent()) {
      if (!parked.get().isEmpty()) {
        park(parked.get());
      }
      commit();
    } else {
      committed();
    }
  }

  private void deriveNow(Set<AggregateId> aggregates) throws SQLException {
    if (aggregates.isEmpty()) {
      return;
    }
    Map<AggregateId, String> parked = flow().mapping().derivation().derive(connection, aggregates);
    int removed = 0;
    if (!counts.none() || durable.open().isPresent()) {
      removed =
          dirty.remove(
              connection, aggregates.stream().filter(a -> !parked.containsKey(a)).toList());
    }
    if (parked.isEmpty() && counts.parked() == 0) {
      counts = new Dirty.Counts(Math.max(0, counts.waiting() - removed), 0);
    } else {
      park(parked);
    }
  }

  private void park(Map<AggregateId, String> parked) throws SQLException {
    dirty.park(connection, parked);
    counts = dirty.counts(connection);
  }

  private void finish(Progress after) throws SQLException {
    boolean openChanges = after.open().isPresent() || durable.open().isPresent();
    if (openChanges) {
      counts = dirty.counts(connection);
    }
    commit();
    durable = after;
  }

  /** A transaction, with its first statement: the one that locks the domain. */
  private Trip begin(Progress after) throws SQLException {
    watch.busy();
    committed = false;
    var trip = new Trip(connection);
    row.lock(trip, after);
    return trip;
  }

  private void commit() throws SQLException {
    connection.commit();
    committed();
  }

  private void committed() {
    committed = true;
    watch.idle();
  }

  private Flow flow() {
    return flow.orElseThrow(
        () ->
            new GapException(
                "domain "
                    + domain.name()
                    + ": the topic begins in the middle of a generation; load the domain again"));
  }

  /**
   * Gives the connection up. One whose transaction has not been committed is not used again: the
   * server may have said that this session can write nothing, and will say so for its whole life.
   */
  @Override
  public void close() {
    try {
      if (committed) {
        watch.busy();
        connection.rollback();
      } else {
        connection.abort(Runnable::run);
        connection.rollback(); // the pool learns by it that the connection is broken
      }
    } catch (SQLException e) {
      // the connection is being given up, whatever its state
    }
    try {
      connection.close();
    } catch (SQLException e) {
      // as above
    }
    watch.close();
  }
}
