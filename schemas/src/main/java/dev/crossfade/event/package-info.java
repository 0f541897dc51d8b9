/**
 * The nouns of the flow: what a change event, a position, a marker and a generation are. No I/O and
 * no dependency on another room; every room may import this one. Invariant: a noun that exists is
 * valid, its constructor refused everything else.
 */
package dev.crossfade.event;
