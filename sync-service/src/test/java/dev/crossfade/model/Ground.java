package dev.crossfade.model;

import java.util.List;

/**
 * What the legacy application does in one domain. Its keys fall into groups; a transaction holds
 * the groups that it writes, so that no two wait for each other and one thread can play them all.
 * Every statement fits any state: what is not there is not changed.
 */
interface Ground {
  String domain();

  int groups();

  /** Writes one operation on keys of the groups. */
  void operation(Script script, List<Integer> groups);

  /** Writes one that needs the whole domain: truncation, swaps of names that others refer to. */
  void whole(Script script);

  /** Writes one of at least so many rows; it needs the whole domain. */
  void large(Script script, int rows);
}
