package dev.crossfade.lab.bench;

/** What Crossfade is measured beside. */
enum Peer {
  /** Kafka Connect with Debezium's PostgreSQL source and JDBC sink. */
  CONNECT,
  /** PostgreSQL's own logical replication. */
  POSTGRESQL
}
