package dev.crossfade.event.violation;

/** Breaks a rule on purpose: an engine outside of capture. */
public record SeesDebezium(io.debezium.engine.DebeziumEngine<?> seen) {}
