package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.lab.Deadline;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CpuTest {
  @Test
  void aNameWithParenthesesAndSpacesHidesNoField() {
    Cpu.Stat stat =
        Cpu.Stat.parse(
            "42 (a) b (c) S 1 42 42 0 -1 4194304 9 8 7 6 120 30 4 5 20 0 1 0 99 1024 77 18446744");
    assertEquals(1_500_000, stat.own());
    assertEquals(90_000, stat.reaped());
  }

  @Test
  void theMachineIsBusyButForIdleAndWaiting() {
    assertEquals(
        (10 + 20 + 30 + 60 + 70 + 80) * 10_000L,
        Cpu.busy("cpu  10 20 30 40 50 60 70 80 90 100\ncpu0 1 1 1 1 1 1 1 1 1 1\n"));
  }

  @Test
  void whatAProcessStartsAndWhatHasEndedIsCountedWithIt() throws Exception {
    String loop = "n=0; while [ $n -lt 100000 ]; do n=$((n+1)); done";
    // The root does nothing but wait: for a child that works and ends, then for one that lives on.
    Process process =
        new ProcessBuilder("sh", "-c", "sh -c '" + loop + "'; sh -c '" + loop + "; read x'; :")
            .start();
    try {
      assertTrue(
          Deadline.in(Duration.ofSeconds(60)).await(() -> endedAndLiving(process)),
          "counted: " + Cpu.tree(process.pid()));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    assertEquals(0, Cpu.tree(process.pid()), "a process that is gone has no time");
  }

  private static boolean endedAndLiving(Process root) {
    long living = root.descendants().mapToLong(p -> Cpu.tree(p.pid())).sum();
    return living >= 30_000 && Cpu.tree(root.pid()) >= living + 30_000;
  }

  @Test
  void aDifferenceIsBetweenReadingsAndStrangersHaveTheRest() {
    Cpu before = new Cpu(Map.of("a", 5L, Cpu.SELF, 1L), 100);
    Cpu spent = new Cpu(Map.of("a", 15L, "b", 7L, Cpu.SELF, 3L), 150).since(before);
    assertEquals(Map.of("a", 10L, "b", 7L, Cpu.SELF, 2L), spent.parts());
    assertEquals(17, spent.ours());
    assertEquals(50 - 19, spent.foreign());
  }
}
