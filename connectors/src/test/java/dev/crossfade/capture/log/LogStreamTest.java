package dev.crossfade.capture.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.event.ChangeEvent.Op;
import dev.crossfade.event.Lsn;
import dev.crossfade.event.TableName;
import io.debezium.connector.postgresql.PostgresStreamingChangeEventSource.PgConnectionSupplier;
import io.debezium.connector.postgresql.PostgresType;
import io.debezium.connector.postgresql.UnchangedToastedReplicationMessageColumn;
import io.debezium.connector.postgresql.connection.AbstractReplicationMessageColumn;
import io.debezium.connector.postgresql.connection.LogicalDecodingMessage;
import io.debezium.connector.postgresql.connection.OriginMessage;
import io.debezium.connector.postgresql.connection.ReplicationMessage;
import io.debezium.connector.postgresql.connection.ReplicationMessage.NoopMessage;
import io.debezium.connector.postgresql.connection.ReplicationMessage.Operation;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.TransactionMessage;
import io.debezium.connector.postgresql.connection.pgoutput.PgOutputReplicationMessage;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of each message that Debezium has decoded. */
class LogStreamTest {
  private static final TableId ID = new TableId(null, "public", "t");
  private static final Instant COMMITTED = Instant.parse("2026-11-29T10:11:12.345678Z");

  /** Stands in the message for a large value that the log does not repeat. */
  private static final String SAME = new String("same");

  private final Map<TableId, Table> tables = new HashMap<>();
  private final Handover handover = new Handover(Map.of(), 100);
  private final Said said = new Said();
  private final LogStream stream = new LogStream(said.proxy(), tables::get, handover);

  /** Gives one message to whoever reads. */
  private static final class Said {
    private ReplicationMessage next;
    private long lsn = 100;

    ReplicationStream proxy() {
      return (ReplicationStream)
          java.lang.reflect.Proxy.newProxyInstance(
              Said.class.getClassLoader(),
              new Class<?>[] {ReplicationStream.class},
              (self, method, arguments) -> {
                if (method.getName().equals("readPending")) {
                  ((ReplicationStream.ReplicationMessageProcessor) arguments[0]).process(next);
                  return true;
                }
                assertEquals("lastReceivedLsn", method.getName());
                return io.debezium.connector.postgresql.connection.Lsn.valueOf(lsn);
              });
    }
  }

  private void say(ReplicationMessage message) throws Exception {
    said.next = message;
    said.lsn++;
    assertTrue(
        stream.readPending(
            unused -> {
              throw new AssertionError("Debezium was given a message");
            }));
  }

  private List<LogEvent> events() {
    var delivery = handover.poll();
    return delivery == null ? List.of() : ((Delivery) delivery.getRecord()).events();
  }

  private void describe(String... columns) {
    tables.put(
        ID,
        Table.editor()
            .tableId(ID)
            .addColumns(
                Arrays.stream(columns)
                    .map(name -> Column.editor().name(name).type("text").nativeType(25).create())
                    .toList())
            .setPrimaryKeyNames("id")
            .create());
  }

  private static ReplicationMessage begin(long xid) {
    return new TransactionMessage(Operation.BEGIN, xid, COMMITTED);
  }

  private static ReplicationMessage commit(long xid) {
    return new TransactionMessage(Operation.COMMIT, xid, COMMITTED);
  }

  private static ReplicationMessage row(Operation what, List<String> before, List<String> after) {
    return new PgOutputReplicationMessage(
        what, ID.toDoubleQuotedString(), COMMITTED, 7L, columns(before), columns(after));
  }

  @SuppressWarnings("ReferenceEquality")
  private static List<ReplicationMessage.Column> columns(List<String> texts) {
    if (texts == null) {
      return null;
    }
    var columns = new ArrayList<ReplicationMessage.Column>();
    for (String text : texts) {
      columns.add(
          text == SAME
              ? new UnchangedToastedReplicationMessageColumn(
                  "c", PostgresType.UNKNOWN, "text", true)
              : new AbstractReplicationMessageColumn("c", PostgresType.UNKNOWN, "text", true) {
                @Override
                public Object getValue(PgConnectionSupplier connection, boolean unknown) {
                  return text;
                }
              });
    }
    return columns;
  }

  private LogEvent.Change change(ReplicationMessage message) throws Exception {
    say(message);
    return (LogEvent.Change) events().get(0);
  }

  private static List<String> texts(Optional<Image> image) {
    var texts = new ArrayList<String>();
    Image of = image.orElseThrow();
    for (int i = 0; i < of.table().columns().size(); i++) {
      texts.add(of.isKnown(i) ? of.texts().text(i) : "?");
    }
    return texts;
  }

  @Test
  void aTransactionComesWhole() throws Exception {
    describe("id", "note");
    say(begin(7));
    say(row(Operation.INSERT, null, List.of("1", "a")));
    say(row(Operation.UPDATE, null, Arrays.asList("1", null)));
    say(row(Operation.DELETE, Arrays.asList("1", null), null));
    say(row(Operation.TRUNCATE, null, null));
    say(commit(7));
    List<LogEvent> events = events();
    var in = new LogTransaction("7", COMMITTED, "");
    assertEquals(new LogEvent.Begin(in, new Lsn(101)), events.get(0));
    assertEquals(new LogEvent.End(in, new Lsn(106)), events.get(5));
    List<LogEvent.Change> changes =
        events.subList(1, 5).stream().map(LogEvent.Change.class::cast).toList();
    assertEquals(
        List.of(Op.CREATE, Op.UPDATE, Op.DELETE, Op.TRUNCATE),
        changes.stream().map(LogEvent.Change::op).toList());
    assertEquals(List.of("1", "a"), texts(changes.get(0).after()));
    assertEquals(Arrays.asList("1", null), texts(changes.get(1).after()));
    assertEquals(Optional.empty(), changes.get(1).before());
    assertEquals(Arrays.asList("1", null), texts(changes.get(2).before()));
    assertEquals(Optional.empty(), changes.get(2).after());
    assertEquals(Optional.empty(), changes.get(3).before().or(changes.get(3)::after));
    for (LogEvent.Change change : changes) {
      assertSame(changes.get(0).table(), change.table());
      assertEquals(in, change.transaction());
    }
    assertEquals(new Lsn(103), changes.get(1).lsn());
    assertEquals(
        new TableTold(
            new TableName("public", "t"),
            List.of("id", "note"),
            changes.get(0).table().types(),
            List.of("id")),
        changes.get(0).table());
  }

  @Test
  void aLargeValueThatIsNotRepeatedIsWhatItWasIfThatWasSaid() throws Exception {
    describe("id", "note");
    say(begin(7));
    events();
    var known = change(row(Operation.UPDATE, List.of("1", "was"), List.of("1", SAME)));
    assertEquals(List.of("1", "was"), texts(known.after()));
    var keyOnly = change(row(Operation.UPDATE, Arrays.asList("1", null), List.of("2", SAME)));
    assertEquals(List.of("2", "?"), texts(keyOnly.after()));
    var unknown = change(row(Operation.UPDATE, null, List.of("1", SAME)));
    assertEquals(List.of("1", "?"), texts(unknown.after()));
    var theWord = change(row(Operation.UPDATE, null, List.of("1", "unchanged")));
    assertEquals(List.of("1", "unchanged"), texts(theWord.after()));
  }

  @Test
  void aTableIsDescribedAnewWhenTheLogHasSaidSo() throws Exception {
    describe("id", "note");
    say(begin(7));
    events();
    TableTold first = change(row(Operation.INSERT, null, List.of("1", "a"))).table();
    describe("id", "note");
    TableTold again = change(row(Operation.INSERT, null, List.of("2", "a"))).table();
    assertNotSame(first, again);
    assertEquals(first, again);
    describe("id", "note", "more");
    TableTold more = change(row(Operation.INSERT, null, List.of("3", "a", "b"))).table();
    assertNotEquals(first, more);
    assertEquals(List.of("id", "note", "more"), more.columns());
  }

  @Test
  void anOriginIsThatOfItsTransaction() throws Exception {
    describe("id");
    say(begin(7));
    say(
        new OriginMessage(
            "elsewhere",
            io.debezium.connector.postgresql.connection.Lsn.valueOf(1L),
            7L,
            COMMITTED));
    say(row(Operation.INSERT, null, List.of("1")));
    say(commit(7));
    say(begin(8));
    List<LogEvent> events = events();
    assertEquals("elsewhere", ((LogEvent.Change) events.get(1)).transaction().origin());
    assertEquals("", ((LogEvent.Begin) events.get(3)).transaction().origin());
  }

  @Test
  void aMessageTellsWhetherItIsOfATransaction() throws Exception {
    byte[] content = {1, 2};
    say(new LogicalDecodingMessage(Operation.MESSAGE, null, null, false, "ours", content));
    say(begin(7));
    say(new LogicalDecodingMessage(Operation.MESSAGE, COMMITTED, 7L, true, "ours", content));
    List<LogEvent> events = events();
    var alone = (LogEvent.Message) events.get(0);
    assertEquals(Optional.empty(), alone.transaction());
    assertEquals("ours", alone.prefix());
    assertSame(content, alone.content());
    assertEquals("7", ((LogEvent.Message) events.get(2)).transaction().orElseThrow().xid());
  }

  @Test
  void whatIsNotCapturedIsPassedOver() throws Exception {
    say(begin(7));
    events();
    say(new NoopMessage(7L, COMMITTED, Operation.INSERT));
    assertEquals(List.of(), events());
  }

  @Test
  void whatDoesNotBelongTogetherIsRefused() throws Exception {
    describe("id", "note");
    ReplicationMessage insert = row(Operation.INSERT, null, List.of("1", "a"));
    refused(insert, "the log says INSERT of transaction 7 inside transaction none");
    refused(commit(7), "the log says COMMIT of transaction 7 inside transaction none");
    say(begin(6));
    refused(insert, "the log says INSERT of transaction 7 inside transaction 6");
    say(begin(7));
    refused(
        row(Operation.INSERT, null, List.of("1")),
        "a change of public.t has 1 values, expected those of [id, note]");
    say(commit(7));
    refused(insert, "the log says INSERT of transaction 7 inside transaction none");
    say(begin(7));
    tables.clear();
    refused(
        insert,
        "the log says a change of \"public\".\"t\", which the engine has no description of");
    assertFalse(events().stream().anyMatch(LogEvent.Change.class::isInstance));
  }

  private void refused(ReplicationMessage message, String why) {
    var refusal = assertThrows(IllegalStateException.class, () -> say(message));
    assertEquals(why, refusal.getMessage());
  }
}
