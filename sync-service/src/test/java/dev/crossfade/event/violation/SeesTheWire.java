package dev.crossfade.event.violation;

/** Breaks a rule on purpose: the nouns seeing the wire. */
public record SeesTheWire(dev.crossfade.wire.WireFormat seen) {}
