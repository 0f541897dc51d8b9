package dev.crossfade.event.violation;

/** Breaks a rule on purpose: a statement outside of the databases' rooms. */
public record SeesSql(java.sql.Statement seen) {}
