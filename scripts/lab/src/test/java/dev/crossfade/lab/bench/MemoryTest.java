package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MemoryTest {
  @Test
  void theHeapIsAllGenerationsAndNotTheMetaspace() {
    assertEquals(
        OptionalLong.of((5_324 + 1_000) * 1024),
        Memory.heap(
            """
            17461:
             PSYoungGen      total 38400K, used 5324K [0x00000000eab00000, 0x00000000ed580000, 0x0000000100000000)
              eden space 33280K, 16% used [0x00000000eab00000,0x00000000eb033030,0x00000000ecb80000)
             ParOldGen       total 87552K, used 1000K [0x00000000c0000000, 0x00000000c5580000, 0x00000000eab00000)
              object space 87552K, 1% used [0x00000000c0000000,0x00000000c00fa000,0x00000000c5580000)
             Metaspace       used 1234K, committed 1472K, reserved 1114112K
              class space    used 115K, committed 192K, reserved 1048576K
            """));
    assertEquals(
        OptionalLong.of(3_072 * 1024),
        Memory.heap(
            " garbage-first heap   total 260096K, used 3072K [0x0000000704600000, 0x0000000800000000)"));
  }

  @Test
  void whatHasNoHeapTellsNone() {
    assertEquals(OptionalLong.empty(), Memory.heap("com.sun.tools.attach: no such process"));
    Memory gone = Memory.of(List.of(Long.MAX_VALUE));
    assertEquals(new Memory(OptionalLong.empty(), 0, 0), gone);
  }

  @Test
  void aProcessIsAsked() {
    Memory ours = Memory.of(List.of(ProcessHandle.current().pid()));
    assertTrue(ours.heap().orElseThrow() > 1 << 20, ours::toString);
    assertTrue(ours.resident() > ours.heap().getAsLong(), ours::toString);
    assertTrue(ours.peak() >= ours.resident(), ours::toString);
  }
}
