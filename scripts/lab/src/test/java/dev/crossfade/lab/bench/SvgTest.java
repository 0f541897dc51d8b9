package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class SvgTest {
  private static Element parsed(String svg) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    Element root =
        factory
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)))
            .getDocumentElement();
    assertEquals("http://www.w3.org/2000/svg", root.getNamespaceURI());
    return root;
  }

  @Test
  void barsAreAsLongAsTheirValuesInEveryLanguage() throws Exception {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      List<Svg.Bar> bars =
          List.of(
              new Svg.Bar("a", "a <b> & \"c\"", 1_000, 900, 2_000),
              new Svg.Bar("d", "d", 500, 500, 500));
      NodeList rects = parsed(Svg.bars("t & t", "/s", bars)).getElementsByTagName("rect");
      double first = Double.parseDouble(((Element) rects.item(1)).getAttribute("width"));
      double second = Double.parseDouble(((Element) rects.item(2)).getAttribute("width"));
      assertEquals(2, first / second, 0.01);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void barsOfOneSeriesHaveOneColour() throws Exception {
    List<Svg.Bar> bars =
        List.of(
            new Svg.Bar("ours", "ours, drain", 2, 2, 2),
            new Svg.Bar("theirs", "theirs, drain", 1, 1, 1),
            new Svg.Bar("ours", "ours, load", 2, 2, 2));
    NodeList rects = parsed(Svg.bars("t", "/s", bars)).getElementsByTagName("rect");
    List<String> colours =
        IntStream.rangeClosed(1, 3)
            .mapToObj(n -> ((Element) rects.item(n)).getAttribute("fill"))
            .toList();
    assertEquals(colours.get(0), colours.get(2));
    assertNotEquals(colours.get(0), colours.get(1));
  }

  @Test
  void sharesRiseFromLeftToRight() throws Exception {
    Latencies some = Latencies.of(500, 3_000, 40_000, 1_234_567);
    Element svg = parsed(Svg.shares("latency", Map.of("x & y", some)));
    Element line = (Element) svg.getElementsByTagName("polyline").item(0);
    double x = 0;
    double y = Double.MAX_VALUE;
    for (String point : line.getAttribute("points").split(" ")) {
      String[] at = point.split(",");
      assertTrue(Double.parseDouble(at[0]) >= x && Double.parseDouble(at[1]) <= y, point);
      x = Double.parseDouble(at[0]);
      y = Double.parseDouble(at[1]);
    }
  }

  @Test
  void nothingIsADocumentToo() throws Exception {
    parsed(Svg.bars("none", "/s", List.of()));
    parsed(Svg.shares("none", Map.of()));
  }
}
