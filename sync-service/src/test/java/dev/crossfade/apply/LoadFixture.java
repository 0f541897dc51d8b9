package dev.crossfade.apply;

import dev.crossfade.domain.Domain;
import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.GenerationStart;
import dev.crossfade.event.LoadEnd;
import dev.crossfade.event.Position;
import dev.crossfade.fixture.Changes;
import dev.crossfade.fixture.StoreFixture;
import dev.crossfade.fixture.WatchedStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;

/** A store that items are loaded into, which belong to groups, and its session. */
final class LoadFixture implements AutoCloseable {
  static final WatchedStore.Sent NOTHING = sql -> {};

  private static final Changes ITEM = new Changes("item", "id");

  /** Is told each statement, by the thread that sends it. */
  final AtomicReference<WatchedStore.Sent> sent = new AtomicReference<>(NOTHING);

  /** As a domain has it over all its sessions. */
  final Reliance apart = new Reliance();

  final StoreFixture store;
  final Domain domain;
  private StoreSession session;
  private Progress progress;
  private long offset;

  LoadFixture() throws SQLException {
    store =
        new StoreFixture(
                "create table items (id int primary key, grp int not null, name text unique check (name <> 'bad'))")
            .captures("item", "grp", 1, "id integer", "grp integer", "name text");
    domain =
        store.domain(
            StoreFixture.target(
                "items",
                "id",
                "grp",
                "SELECT id, grp, name FROM legacy.item WHERE grp = any(:keys)"));
    open();
  }

  StoreSession session() {
    return session;
  }

  /** As another process would take the domain over. */
  StoreSession open() throws SQLException {
    session =
        new StoreSession(
            domain,
            "legacy",
            WatchedStore.of(store.pool(), sql -> sent.get().text(sql)),
            "test",
            true,
            apart);
    progress = session.durable();
    return session;
  }

  void begin(int epoch) throws SQLException {
    progress = at(epoch).opens(Position.ofLoad(epoch));
    session.begin(
        new GenerationStart("legacy", epoch, Optional.empty(), true, store.shapes(), Instant.EPOCH),
        progress);
  }

  /** Rows that are read, each {@code "id name"}, or {@code "id name group"} if that is another. */
  Intake.Batch reads(int epoch, String... rows) {
    var reads = new ArrayList<ChangeEvent>();
    for (String row : rows) {
      reads.add(read(epoch, row));
    }
    progress = at(epoch).reaches(Position.ofLoad(epoch));
    return new Intake.Batch(reads, List.of(), List.of(), progress);
  }

  private static ChangeEvent read(int epoch, String row) {
    String[] words = row.split(" ");
    String group = words[words.length > 2 ? 2 : 0];
    return ITEM.read(epoch, "id=" + words[0], "grp=" + group, "name=" + words[1]);
  }

  /** Rows from one id to another, with a name like the id. */
  static String[] items(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(id -> id + " n" + id).toArray(String[]::new);
  }

  void end(int epoch) throws SQLException {
    progress = at(epoch).endsLoad(epoch);
    session.endLoad(new LoadEnd(epoch, 0, Instant.EPOCH), progress);
  }

  /** A load in one batch. Nothing is derived. */
  void load(int epoch, String... rows) throws SQLException {
    begin(epoch);
    session.apply(reads(epoch, rows));
    end(epoch);
  }

  private Progress at(long generation) {
    long now = offset++;
    return progress.at(new Progress.Place("topic", now + 1, generation, now, 0, now + 1));
  }

  /** Derives what waits, part after part. */
  void derive() throws SQLException {
    StoreSessionTest.derivedAll(session);
  }

  List<String> rows() throws SQLException {
    return store.query("select id || ' ' || name from items order by id");
  }

  List<String> rowsWithGroups() throws SQLException {
    return store.query("select id || ' ' || name || ' ' || grp from items order by id");
  }

  /** As the thread that applies the domain works with it. */
  OwnedDomain owned() {
    return new OwnedDomain(
        domain, session, new Intake("test", session.durable(), false, 1), new ApplyBoard());
  }

  /** Whether a session has waited for a lock for so long. */
  boolean waitsForALock(Duration howLong) throws SQLException {
    return !store
        .query(
            "select from pg_locks l join pg_stat_activity a using (pid) where a.datname = current_database()"
                + " and not l.granted and l.waitstart <= clock_timestamp() - interval '%d ms'"
                    .formatted(howLong.toMillis()))
        .isEmpty();
  }

  long count() throws SQLException {
    return Long.parseLong(store.query("select count(*) from items").get(0));
  }

  @Override
  public void close() throws SQLException {
    sent.set(NOTHING);
    session.close();
    store.close();
  }
}
