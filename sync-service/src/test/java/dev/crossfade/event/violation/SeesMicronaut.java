package dev.crossfade.event.violation;

/** Breaks a rule on purpose: Micronaut outside of the edge. */
public record SeesMicronaut(io.micronaut.context.ApplicationContext seen) {}
