package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a store is loaded with that has nothing is not looked for. */
class FirstLoadTest {
  private LoadFixture load;

  @BeforeEach
  void open() throws Exception {
    load = new LoadFixture();
  }

  @AfterEach
  void close() throws Exception {
    load.close();
  }

  /** Applies two batches, the second ahead. Returns what wrote its rows. */
  private List<String> writesAhead(Intake.Batch before, Intake.Batch batch) throws Exception {
    StoreSession.Applying first = load.session().applying(before, false);
    StoreSession.Applying second = load.session().applying(batch, true);
    first.run();
    var writes = new ArrayList<String>();
    load.sent.set(
        sql -> {
          for (String one : sql.split(";\n")) {
            if (one.contains("insert into \"legacy\".\"item\"")) {
              writes.add(one.contains("on conflict") ? "upsert" : "insert");
            }
          }
        });
    second.ahead();
    load.sent.set(LoadFixture.NOTHING);
    second.run();
    return writes;
  }

  private List<String> loaded(int epoch) throws SQLException {
    load.end(epoch);
    load.derive();
    return load.rows();
  }

  @Test
  void itsRowsAreInsertedWithoutBeingLookedFor() throws Exception {
    load.begin(1);
    List<String> writes = writesAhead(load.reads(1, "1 a", "2 b"), load.reads(1, "3 c", "4 d"));
    assertEquals(List.of("insert"), writes);
    assertEquals(List.of("1 a", "2 b", "3 c", "4 d"), loaded(1));
  }

  /** Who takes over in the middle of it goes on like that. */
  @Test
  void soAreThoseAfterATakeover() throws Exception {
    load.begin(1);
    load.session().apply(load.reads(1, "1 a", "2 b"));
    load.session().close();
    load.open();
    List<String> writes = writesAhead(load.reads(1, "3 c"), load.reads(1, "4 d"));
    assertEquals(List.of("insert"), writes);
    assertEquals(List.of("1 a", "2 b", "3 c", "4 d"), loaded(1));
  }

  /** A load that did not come to its end has left rows, which the next one reads again. */
  @Test
  void whatALoadHasLeftThatDidNotEndIsFoundOut() throws Exception {
    load.begin(1);
    load.session().apply(load.reads(1, "1 a", "3 c", "5 e"));
    load.begin(2);
    List<String> writes = writesAhead(load.reads(2, "1 A", "2 B"), load.reads(2, "3 C", "4 D"));
    assertEquals(List.of("insert", "upsert"), writes);
    writes = writesAhead(load.reads(2, "6 F"), load.reads(2, "7 G"));
    assertEquals(List.of("upsert"), writes, "not tried again at once");
    assertEquals(List.of("1 A", "2 B", "3 C", "4 D", "6 F", "7 G"), loaded(2));
  }

  /** The rows of a load may be newer than what is there, or have been deleted since. */
  @Test
  void thoseOfALaterLoadAreLookedFor() throws Exception {
    load.load(1, "1 a", "3 c", "5 e");
    load.begin(2);
    List<String> writes = writesAhead(load.reads(2, "1 A", "2 B"), load.reads(2, "3 C", "4 D"));
    assertEquals(List.of("upsert"), writes);
    assertEquals(List.of("1 A", "2 B", "3 C", "4 D"), loaded(2));
  }
}
