/**
 * From the source's log into the domains' topics: one engine per source, of which only the slot
 * remembers where it is. Only the wiring may import it. Invariant: the source may forget a
 * transaction only after Kafka has acknowledged it and everything before it, and the control
 * database knows so; a gap stops the flow.
 */
package dev.crossfade.capture;
