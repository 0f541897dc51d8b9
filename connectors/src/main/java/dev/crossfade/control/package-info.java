/**
 * The control database: what belongs to no single store. Here capture's state and its lease.
 * Capture and the wiring may import it. Invariant: a state is changed only by the holder of its
 * newest generation, and before the source is told that it may forget.
 */
package dev.crossfade.control;
