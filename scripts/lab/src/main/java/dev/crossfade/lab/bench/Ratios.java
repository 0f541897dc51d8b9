package dev.crossfade.lab.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * One pipeline against another: for each figure the median of the ratios of pairs, the first runs
 * of both, the second runs, and so on. Both of a pair were measured one after the other, so that
 * what the machine did at that time is in both.
 *
 * @param ours the name of the pipeline above the line
 * @param theirs the name of the one below
 */
record Ratios(String ours, String theirs) {
  /** The rate of steady traffic, in orders a second, at which latencies are compared. */
  static final int ORDERS_A_SECOND = 500;

  /**
   * Of the warm figures; what was not measured is not in it. A drain's are those of what it took
   * beyond a shorter one, a load's those of the time in which it flowed.
   */
  Map<String, Double> warm(
      List<Measured> drains, List<Steady.Window> windows, List<Measured> loads) {
    Map<String, Double> ratios = new LinkedHashMap<>();
    drains(ratios, drains, Measured::warm);
    List<Steady.Window> compared =
        windows.stream().filter(w -> w.wanted() == ORDERS_A_SECOND).toList();
    put(ratios, "latency_p50", pair(compared, w -> w.latencies().quantile(0.5)));
    put(ratios, "latency_p99", pair(compared, w -> w.latencies().quantile(0.99)));
    costs(ratios, drains, Measured::warm);
    put(ratios, "load", measured(loads, "first load", m -> m.warmest().rate()));
    return ratios;
  }

  /** The same with the start of the processes in it, which steady traffic has not. */
  Map<String, Double> fromStart(List<Measured> drains, List<Measured> loads) {
    Map<String, Double> ratios = new LinkedHashMap<>();
    drains(ratios, drains, m -> Optional.of(m.whole()));
    costs(ratios, drains, m -> Optional.of(m.whole()));
    put(ratios, "load", measured(loads, "first load", m -> m.whole().rate()));
    return ratios;
  }

  private interface Part {
    Optional<Stretch> of(Measured measured);
  }

  private void drains(Map<String, Double> ratios, List<Measured> drains, Part part) {
    put(
        ratios,
        "drain_end_to_end",
        measured(
            drains, Phase.WHOLE.title(), m -> part.of(m).map(Stretch::rate).orElse(Double.NaN)));
    put(
        ratios,
        "capture_only",
        measured(
            drains, Phase.CAPTURE.title(), m -> part.of(m).map(Stretch::rate).orElse(Double.NaN)));
    put(
        ratios,
        "apply_only",
        measured(
            drains, Phase.APPLY.title(), m -> part.of(m).map(Stretch::rate).orElse(Double.NaN)));
  }

  private void costs(Map<String, Double> ratios, List<Measured> drains, Part part) {
    put(
        ratios,
        "cpu_per_change",
        measured(
            drains, Phase.WHOLE.title(), m -> part.of(m).map(Stretch::micros).orElse(Double.NaN)));
  }

  private static void put(Map<String, Double> ratios, String name, double ratio) {
    if (!Double.isNaN(ratio)) {
      ratios.put(name, ratio);
    }
  }

  private double measured(List<Measured> runs, String what, ToDoubleFunction<Measured> figure) {
    List<Measured> some = runs.stream().filter(m -> m.what().equals(what)).toList();
    return median(
        figures(some.stream().filter(m -> m.pipeline().equals(ours)).toList(), figure),
        figures(some.stream().filter(m -> m.pipeline().equals(theirs)).toList(), figure));
  }

  private double pair(List<Steady.Window> windows, ToDoubleFunction<Steady.Window> figure) {
    return median(
        figures(windows.stream().filter(w -> w.pipeline().equals(ours)).toList(), figure),
        figures(windows.stream().filter(w -> w.pipeline().equals(theirs)).toList(), figure));
  }

  private static <T> double[] figures(List<T> runs, ToDoubleFunction<T> figure) {
    return runs.stream().mapToDouble(figure).toArray();
  }

  /**
   * A pair without one of its figures, NaN, is left out. NaN if there is no other; of an even
   * number of pairs the mean of the two in the middle.
   */
  static double median(double[] ours, double[] theirs) {
    double[] ratios =
        IntStream.range(0, Math.min(ours.length, theirs.length))
            .mapToDouble(i -> ours[i] / theirs[i])
            .filter(ratio -> !Double.isNaN(ratio))
            .sorted()
            .toArray();
    int n = ratios.length;
    return n == 0 ? Double.NaN : (ratios[(n - 1) / 2] + ratios[n / 2]) / 2;
  }
}
