/**
 * The mirror: in the service's store, one table per captured table of the source with the same
 * columns, plus the position of the change that wrote each row. Owns all SQL that writes those
 * tables. Imported by mapping (names of tables) and apply. Invariant: a row is written only by a
 * newer position, and a deleted row leaves its position behind.
 */
package dev.crossfade.mirror;
