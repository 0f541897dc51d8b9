package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.fixture.Changes;
import dev.crossfade.wire.WireFormat;
import org.junit.jupiter.api.Test;

class LargeRecordTest {
  /** A topic takes records of 32 MiB; a JSON reader's default takes texts of 20 million. */
  @Test
  void whateverATopicTakesCanBeRead() {
    String note = "x".repeat(25_000_000);
    ChangeEvent change = new Changes("t", "id").create(100, 110, "id=1", "note=" + note);
    var read = (ChangeEvent) WireFormat.read(WireFormat.key(change), WireFormat.value(change));
    assertEquals(note.length(), read.after().get("note").length());
  }
}
