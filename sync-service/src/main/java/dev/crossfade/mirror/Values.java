package dev.crossfade.mirror;

import dev.crossfade.event.Row;
import java.util.ArrayList;
import java.util.List;

/** What is known of a row, by the place of the mirror table's columns. Immutable. */
final class Values {
  private final Row row;
  private final Places places;

  Values(Row row, Places places) {
    this.row = row;
    this.places = places;
  }

  /**
   * Where rows with certain columns have those of a mirror table. Immutable.
   *
   * @param at by the place of the mirror table's column; -1 if they have it not
   * @param complete whether they have all
   */
  record Places(MirrorTable table, int[] at, boolean complete) {}

  boolean complete() {
    return places.complete;
  }

  boolean known(int place) {
    return places.at[place] >= 0;
  }

  /** The places of what is known. */
  List<Integer> known() {
    var known = new ArrayList<Integer>();
    for (int place = 0; place < places.at.length; place++) {
      if (known(place)) {
        known.add(place);
      }
    }
    return known;
  }

  /**
   * Gives a value that is known.
   *
   * @param text takes its text
   * @param none is run if it is NULL
   */
  void to(int place, Row.Utf8<RuntimeException> text, Runnable none) {
    int at = places.at[place];
    if (row.isNull(at)) {
      none.run();
    } else {
      row.utf8(at, text);
    }
  }

  /** The same, and what another row knows beyond it. */
  Values or(Values other) {
    var both = Row.builder(places.at.length);
    for (int place = 0; place < places.at.length; place++) {
      if (known(place)) {
        both.value(row, places.at[place]);
      } else if (other.known(place)) {
        both.value(other.row, other.places.at[place]);
      }
    }
    return places.table.values(both.build());
  }
}
