/**
 * PostgreSQL 14 to 18 as a source: catalog, preflight, setup, markers, the slot, and the load from
 * the slot's exported snapshot. Capture and the wiring may import it. Invariant: values leave it in
 * the text form that a cast turns back into the same value.
 */
package dev.crossfade.source.postgresql;
