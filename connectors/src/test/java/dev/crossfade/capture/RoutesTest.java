package dev.crossfade.capture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.capture.log.Image;
import dev.crossfade.capture.log.TableTold;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RoutesTest {
  private static final TableName NAME = new TableName("public", "t");
  private final Routes.Route route =
      new Routes.Route(
          "topic",
          new TableShape(
              NAME,
              List.of(
                  new TableShape.Column("id", "integer", true),
                  new TableShape.Column("code", "text", true)),
              List.of("id")));

  private static Optional<Image> image(List<String> columns, String... texts) {
    var told = new TableTold(NAME, columns, columns, List.of("id"));
    return Optional.of(Image.of(told, Arrays.asList(texts)));
  }

  @Test
  void columnsAreFoundByNameWhereverTheLogHasThem() {
    for (List<String> columns : List.of(List.of("id", "code"), List.of("code", "more", "id"))) {
      String[] texts = columns.stream().map(c -> c.equals("id") ? "7" : c).toArray(String[]::new);
      Optional<Image> image = image(columns, texts);
      assertEquals("7", route.key(image).get("id"));
      assertEquals(List.of("id", "code"), route.row(image.orElseThrow()).names());
      assertEquals("code", route.row(image.orElseThrow()).get("code"));
    }
  }

  /** As of a table whose replica identity has become another index than its primary key. */
  @Test
  void aKeyThatTheLogDoesNotSayIsRefusedWithTheWayOut() {
    List<Optional<Image>> without =
        List.of(
            image(List.of("id", "code"), null, "x"), image(List.of("code"), "x"), Optional.empty());
    for (Optional<Image> image : without) {
      var refusal = assertThrows(IllegalStateException.class, () -> route.key(image));
      assertTrue(
          refusal.getMessage().contains("public.t does not say its key [id]")
              && refusal.getMessage().contains("REPLICA IDENTITY DEFAULT"),
          refusal.getMessage());
    }
  }
}
