package dev.crossfade.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PositionTest {
  @Test
  void lsnsCompareUnsignedAndPrintAsTheServerDoes() {
    assertTrue(Lsn.parse("FFFFFFFF/0").compareTo(Lsn.parse("0/FFFFFFFF")) > 0);
    assertEquals("16/B374D848", Lsn.parse("16/B374D848").toString());
    for (int bit = 0; bit < 64; bit++) {
      for (long value : new long[] {1L << bit, -1L << bit, (1L << bit) - 1}) {
        String printed = "%X/%X".formatted(value >>> 32, value & 0xFFFFFFFFL);
        assertEquals(printed, new Lsn(value).toString());
        assertEquals(value, Lsn.parse(printed).value());
      }
    }
    for (String bad : new String[] {"", "16", "/1", "1/", "1/123456789", "x/1"}) {
      assertThrows(IllegalArgumentException.class, () -> Lsn.parse(bad), bad);
    }
  }

  @Test
  void epochThenBaseThenLsnDecide() {
    var load = Position.ofLoad(2);
    var early = new Position(2, Lsn.parse("0/10"), Lsn.parse("0/99"));
    var late = new Position(2, Lsn.parse("0/20"), Lsn.parse("0/15"));
    assertTrue(load.compareTo(early) < 0);
    assertTrue(early.compareTo(late) < 0);
    assertTrue(new Position(1, Lsn.parse("9/0"), Lsn.parse("9/0")).compareTo(load) < 0);
  }
}
