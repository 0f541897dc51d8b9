package dev.crossfade.lab.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Plain plots, each a whole SVG document that shows on light and dark pages alike. */
final class Svg {
  private static final int WIDTH = 760;
  private static final int LEFT = 230;
  private static final int RIGHT = 110;
  private static final List<String> COLOURS =
      List.of(
          "#2b6cb0", "#c05621", "#2f855a", "#805ad5", "#b83280", "#4a5568", "#00838f", "#9e7700",
          "#8b1a1a");

  private Svg() {}

  /**
   * One bar.
   *
   * @param series whose bar it is: all of one have one colour
   * @param value its length
   * @param low the least of the runs
   * @param high the largest of the runs
   */
  record Bar(String series, String label, double value, double low, double high) {}

  /** Horizontal bars from 0, each with a line from the least to the largest run. */
  static String bars(String title, String unit, List<Bar> bars) {
    int height = 60 + 34 * bars.size() + 20;
    StringBuilder svg = begin(height, title);
    double most = bars.stream().mapToDouble(b -> Math.max(b.value(), b.high())).max().orElse(1);
    double scale = (WIDTH - LEFT - RIGHT) / Math.max(most, 1e-9);
    List<String> series = bars.stream().map(Bar::series).distinct().sorted().toList();
    int y = 50;
    for (Bar bar : bars) {
      text(svg, LEFT - 8, y + 16, "end", bar.label());
      svg.append(
          format(
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"22\" fill=\"%s\"/>%n",
              LEFT, y, bar.value() * scale, colour(series.indexOf(bar.series()))));
      svg.append(
          format(
              "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#1a202c\""
                  + " stroke-width=\"2\"/>%n",
              LEFT + bar.low() * scale, y + 11, LEFT + bar.high() * scale, y + 11));
      double end = LEFT + Math.max(bar.value(), bar.high()) * scale;
      text(svg, (int) end + 6, y + 16, "start", format("%,.0f %s", bar.value(), unit));
      y += 34;
    }
    return end(svg);
  }

  /** The share of all (0 to 100 %) up to a duration, which is on a logarithmic axis. */
  static String shares(String title, Map<String, Latencies> series) {
    int height = 400;
    int top = 50;
    int bottom = height - 60;
    int left = 60;
    int right = WIDTH - 230;
    StringBuilder svg = begin(height, title);
    double least = 1;
    double most =
        Math.max(10, series.values().stream().mapToDouble(Latencies::max).max().orElse(10));
    double decades = Math.ceil(Math.log10(most) - 1e-9);
    double scale = (right - left) / decades;
    for (int percent = 0; percent <= 100; percent += 25) {
      double y = bottom - (bottom - top) * percent / 100.0;
      grid(svg, left, y, right, y);
      text(svg, left - 8, (int) y + 5, "end", percent + " %");
    }
    for (int decade = 0; decade <= decades; decade++) {
      double x = left + scale * decade;
      grid(svg, x, top, x, bottom);
      text(svg, (int) x, bottom + 20, "middle", format("%,.0f ms", Math.pow(10, decade)));
    }
    int n = 0;
    for (Map.Entry<String, Latencies> one : series.entrySet()) {
      String colour = colour(n);
      StringBuilder points = new StringBuilder();
      for (int i = 1; i <= 1_000; i++) {
        double millis = Math.max(least, one.getValue().quantile(i / 1_000.0));
        points.append(
            format(
                "%.1f,%.1f ",
                left + scale * Math.log10(millis), bottom - (bottom - top) * i / 1_000.0));
      }
      svg.append(
          format(
              "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n",
              points.toString().trim(), colour));
      int y = top + 10 + 22 * n++;
      svg.append(
          format(
              "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"4\" fill=\"%s\"/>%n",
              right + 12, y, colour));
      text(svg, right + 32, y + 6, "start", one.getKey());
    }
    return end(svg);
  }

  /**
   * The median and the 99th of 100 of each second, on a logarithmic axis; a second without any is
   * left out.
   *
   * @param from where a part that is marked begins, in seconds
   * @param to where it ends
   */
  static String seconds(String title, List<Latencies> seconds, double from, double to) {
    int height = 400;
    int top = 50;
    int bottom = height - 60;
    int left = 100;
    int right = WIDTH - 120;
    StringBuilder svg = begin(height, title);
    double most =
        seconds.stream().filter(s -> s.count() > 0).mapToDouble(Latencies::max).max().orElse(1);
    double decades = Math.max(1, Math.ceil(Math.log10(Math.max(10, most)) - 1e-9));
    double across = (right - left) / (double) Math.max(1, seconds.size());
    svg.append(
        format(
            "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#edf2f7\"/>%n",
            left + from * across, top, (to - from) * across, bottom - top));
    for (int decade = 0; decade <= decades; decade++) {
      double y = bottom - (bottom - top) * decade / decades;
      grid(svg, left, y, right, y);
      text(svg, left - 8, (int) y + 5, "end", format("%,.0f ms", Math.pow(10, decade)));
    }
    for (int at = 0; at <= seconds.size(); at += Math.max(1, (seconds.size() + 5) / 6)) {
      text(svg, (int) (left + at * across), bottom + 20, "middle", at + " s");
    }
    int n = 0;
    for (double share : new double[] {0.5, 0.99}) {
      StringBuilder points = new StringBuilder();
      for (int i = 0; i < seconds.size(); i++) {
        if (seconds.get(i).count() > 0) {
          double millis = Math.max(1, seconds.get(i).quantile(share));
          double y = bottom - (bottom - top) * Math.log10(millis) / decades;
          points.append(format("%.1f,%.1f ", left + (i + 0.5) * across, y));
        }
      }
      String colour = colour(n);
      svg.append(
          format(
              "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>%n",
              points.toString().trim(), colour));
      int y = top + 10 + 22 * n++;
      svg.append(
          format(
              "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"4\" fill=\"%s\"/>%n",
              right + 12, y, colour));
      text(svg, right + 32, y + 6, "start", format("p%.0f", share * 100));
    }
    return end(svg);
  }

  private static String colour(int n) {
    return COLOURS.get(n % COLOURS.size());
  }

  private static StringBuilder begin(int height, String title) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " height=\"%d\" role=\"img\">%n",
            WIDTH, height, WIDTH, height));
    svg.append(format("<title>%s</title>%n", escaped(title)));
    svg.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    svg.append("<g font-family=\"sans-serif\" font-size=\"13\" fill=\"#1a202c\">\n");
    svg.append(format("<text x=\"16\" y=\"28\" font-size=\"16\">%s</text>%n", escaped(title)));
    return svg;
  }

  private static String end(StringBuilder svg) {
    return svg.append("</g>\n</svg>\n").toString();
  }

  private static void text(StringBuilder svg, int x, int y, String anchor, String words) {
    svg.append(
        format(
            "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
            x, y, anchor, escaped(words)));
  }

  private static void grid(StringBuilder svg, double x1, double y1, double x2, double y2) {
    svg.append(
        format(
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#cbd5e0\"/>%n",
            x1, y1, x2, y2));
  }

  /** Without the comma that some countries have in numbers. */
  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  private static String escaped(String words) {
    return words
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
