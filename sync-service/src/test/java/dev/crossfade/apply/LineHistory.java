package dev.crossfade.apply;

import dev.crossfade.event.ChangeEvent;
import dev.crossfade.event.Row;
import dev.crossfade.fixture.Changes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * What happens to a table of few lines, which often happens to the same ones, and comes again now
 * and then, as after a failure of capture.
 */
final class LineHistory {
  private static final Changes LINE = new Changes("line", "id");
  private static final int IDS = 30;
  private static final int ORDERS = 6;

  private record Line(int order, String name, String note) {}

  private final Random random;
  private final TreeMap<Integer, Line> lines = new TreeMap<>();
  private final List<ChangeEvent> all = new ArrayList<>();
  private long at = 100;

  LineHistory(Random random) {
    this.random = random;
  }

  /** The next changes; or some that were there before. */
  List<ChangeEvent> changes(int number) {
    if (all.size() > 40 && random.nextInt(15) == 0) {
      int from = all.size() - 1 - random.nextInt(40);
      return List.copyOf(all.subList(from, all.size()));
    }
    var next = new ArrayList<ChangeEvent>();
    while (next.size() < number) {
      next.addAll(happens());
    }
    all.addAll(next);
    return next;
  }

  private List<ChangeEvent> happens() {
    at += 10;
    int id = random.nextInt(IDS);
    Optional<Line> there = Optional.ofNullable(lines.get(id));
    if (random.nextInt(400) == 0) {
      lines.clear();
      return List.of(LINE.truncate(at, at + 1));
    } else if (there.isEmpty()) {
      lines.put(id, new Line(order(), "new " + at, "note " + at));
      return List.of(LINE.create(at, at + 1, values(id, true)));
    }
    Line now = there.get();
    return switch (random.nextInt(7)) {
      case 0 -> {
        lines.remove(id);
        yield List.of(LINE.delete(at, at + 2, "id=" + id));
      }
      case 1 -> {
        lines.put(id, new Line(order(), now.name(), now.note()));
        yield List.of(LINE.update(at, at + 1, values(id, true)));
      }
      case 2 -> {
        // A value that the log does not tell.
        lines.put(id, new Line(now.order(), "changed " + at, now.note()));
        yield List.of(LINE.update(at, at + 1, values(id, false)));
      }
      case 3, 4 -> {
        int to = random.nextInt(IDS);
        if (lines.containsKey(to)) {
          yield List.of();
        }
        Row from = Changes.row("id=" + id);
        lines.put(to, lines.remove(id));
        boolean whole = random.nextInt(4) == 0;
        yield List.of(
            LINE.moved(at, at + 1, from, values(to, whole)), LINE.delete(at, at + 1, "id=" + id));
      }
      default -> {
        lines.put(id, new Line(now.order(), "changed " + at, "note " + at));
        yield List.of(LINE.update(at, at + 1, values(id, true)));
      }
    };
  }

  private int order() {
    return random.nextInt(ORDERS);
  }

  private String[] values(int id, boolean note) {
    Line line = lines.get(id);
    List<String> values =
        new ArrayList<>(List.of("id=" + id, "order_id=" + line.order(), "name=" + line.name()));
    if (note) {
      values.add("note=" + line.note());
    }
    return values.toArray(String[]::new);
  }

  /** The lines that there are now, as a store is asked for them. */
  List<String> rows() {
    return lines.entrySet().stream()
        .map(
            e ->
                "%d|%d|%s|%s"
                    .formatted(
                        e.getKey(), e.getValue().order(), e.getValue().name(), e.getValue().note()))
        .toList();
  }
}
