package dev.crossfade.lab.bench;

import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One run of a pipeline over a known amount of work.
 *
 * @param what the phase of a drain, or the load
 * @param whole from the start of the process until all was through
 * @param flowing the same work, from the first change that was seen to come through
 * @param warm of a drain, what it took beyond a shorter one, if there was one
 * @param memory that the pipeline's processes held when all was through
 * @param right whether the store was what hand-written SQL over the legacy says
 */
record Measured(
    String pipeline,
    String what,
    Stretch whole,
    Stretch flowing,
    Optional<Stretch> warm,
    Memory memory,
    boolean right) {

  /** This run, with the word whether the pipeline's store is as expected. */
  Measured checked(Pipeline pipeline, String expected) throws SQLException {
    boolean same = pipeline.right(expected);
    return new Measured(this.pipeline, what, whole, flowing, warm, memory, same);
  }

  /**
   * This run, with what it took beyond a shorter one. The start of cold processes is in both, so
   * that the difference is what warm ones take. None if chance made the shorter one the slower.
   */
  Measured beyond(Measured shorter) {
    double seconds = whole.seconds() - shorter.whole.seconds();
    Optional<Stretch> difference =
        Optional.of(
                new Stretch(
                    whole.amount() - shorter.whole.amount(),
                    seconds,
                    whole.cpu().since(shorter.whole.cpu())))
            .filter(d -> d.seconds() > 0 && d.cpu().ours() > 0);
    return new Measured(pipeline, what, whole, flowing, difference, memory, right && shorter.right);
  }

  /** Of a load, which has nothing shorter beside it, what flowed. */
  Stretch warmest() {
    return warm.orElse(flowing);
  }

  /** The run whose rate from the start is the median; the lower one of an even number. */
  static Measured median(List<Measured> runs) {
    return runs.stream()
        .sorted(Comparator.comparingDouble(m -> m.whole().rate()))
        .toList()
        .get((runs.size() - 1) / 2);
  }
}
