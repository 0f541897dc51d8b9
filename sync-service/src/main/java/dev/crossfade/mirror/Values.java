package dev.crossfade.mirror;

import dev.crossfade.event.Row;
import java.util.ArrayList;
import java.util.List;

/** What is known of a row, by the place of the mirror table's columns. Immutable. */
final class Values {
  /** Of most, all is in one row; else of each place the row that has it. */
  private final Row row;

  private final Row[] rows;
  private final Places places;

  Values(Row row, Places places) {
    this(row, null, places);
  }

  private Values(Row row, Row[] rows, Places places) {
    this.row = row;
    this.rows = rows;
    this.places = places;
  }

  /**
   * Where rows with certain columns have those of a mirror table. Immutable.
   *
   * @param at by the place of the mirror table's column; -1 if they have it not
   * @param complete whether they have all
   */
  record Places(int[] at, boolean complete) {
    static Places of(int[] at) {
      for (int place : at) {
        if (place < 0) {
          return new Places(at, false);
        }
      }
      return new Places(at, true);
    }
  }

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
    Row from = from(place);
    int at = places.at[place];
    if (from.isNull(at)) {
      none.run();
    } else {
      from.utf8(at, text);
    }
  }

  /** The same, and what another row knows beyond it. No value is copied: they may be large. */
  Values or(Values other) {
    var from = new Row[places.at.length];
    int[] at = places.at.clone();
    for (int place = 0; place < at.length; place++) {
      if (at[place] < 0) {
        at[place] = other.places.at[place];
        from[place] = other.from(place);
      } else {
        from[place] = from(place);
      }
    }
    return new Values(row, from, Places.of(at));
  }

  private Row from(int place) {
    return rows == null ? row : rows[place];
  }
}
