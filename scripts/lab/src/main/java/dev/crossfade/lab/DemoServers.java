package dev.crossfade.lab;

/** The servers that the demo's service works with. */
record DemoServers(PostgresServer legacy, PostgresServer stores, KafkaServer kafka) {}
