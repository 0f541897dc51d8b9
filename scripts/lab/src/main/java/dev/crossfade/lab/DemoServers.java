package dev.crossfade.lab;

/** The servers that the demo's service works with. */
public record DemoServers(PostgresServer legacy, PostgresServer stores, KafkaServer kafka) {}
