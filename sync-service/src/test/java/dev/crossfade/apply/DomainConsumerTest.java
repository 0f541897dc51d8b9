package dev.crossfade.apply;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class DomainConsumerTest {
  @Test
  void twoProcessesHaveEveryOtherDomain() {
    for (List<String> pair :
        List.of(List.of("a", "b"), List.of("host-1", "host-2"), List.of("vm-17", "vm-18"))) {
      int first = 0;
      for (int turn = 0; turn < 8; turn++) {
        String one = "%08x".formatted(DomainConsumer.rank(turn, pair.get(0)));
        String two = "%08x".formatted(DomainConsumer.rank(turn, pair.get(1)));
        first += one.compareTo(two) < 0 ? 1 : 0;
      }
      assertEquals(4, first, pair::toString);
    }
  }
}
