package dev.crossfade.event.violation;

/** Breaks a rule on purpose: a connection outside of the databases' rooms. */
public record SeesConnection(java.sql.Connection seen) {}
