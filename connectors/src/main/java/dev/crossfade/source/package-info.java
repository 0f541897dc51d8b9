/**
 * What Crossfade asks of a source, whatever its dialect: its tables' shapes, whether it is fit to
 * be captured, a marker in its log, a few rows. Everybody may import it. Invariant: nothing here
 * writes to a source but markers, the publication and the slot.
 */
package dev.crossfade.source;
