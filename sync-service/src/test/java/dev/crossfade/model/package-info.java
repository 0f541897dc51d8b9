/**
 * The model test: histories made from a seed, played on the legacy while the flow is disturbed, and
 * the laws that the stores must keep. Test code only. Invariant: what is expected is SQL written by
 * hand over the legacy and shares nothing with the mappings.
 */
package dev.crossfade.model;
