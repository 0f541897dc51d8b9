package dev.crossfade.lab.bench;

import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/**
 * What is measured: something that keeps a store true to the legacy's orders. Several can be
 * measured in one run; each has a place of its own in the legacy's log, so that all of them drain
 * the same backlog, one after the other. Used by one thread. Moments are those of
 * System.nanoTime().
 */
interface Pipeline extends AutoCloseable {
  String name();

  /** What can be measured alone; a pipeline without Kafka has no parts. */
  Set<Phase> phases();

  /** Nothing runs, and nothing of an earlier run is left: no store, no topic, no slot. */
  void remove() throws SQLException;

  /** Makes an empty store, and whatever else is needed before the first start, which loads. */
  void install() throws SQLException;

  /** Starts what works in that phase; does not wait for anything. */
  void start(Phase phase) throws SQLException;

  /** The processes that are its own, by name; empty while nothing runs. */
  Map<String, Long> processes();

  /** Whether the first load is complete, and everything derived from it. */
  boolean loaded() throws SQLException;

  /** The moment when {@link #loaded} became true, if it is known better than seen. */
  long loadedAt(long seen) throws SQLException;

  /** Grows as soon as the first change has come through the phase that runs. */
  long progress() throws SQLException;

  /** Whether everything before the fence has come through the phase that runs. */
  boolean through(Fence fence) throws SQLException;

  /** The moment when a fence had come through the phase that runs; it has. */
  long at(Fence fence) throws SQLException;

  /** Stops what runs, in order. */
  void stop() throws SQLException;

  /** The store, or the first of several that are alike. */
  Store store();

  /** Whether every store is what it is to be. */
  default boolean right(String expected) throws SQLException {
    return store().hash().equals(expected);
  }

  @Override
  void close() throws SQLException;
}
