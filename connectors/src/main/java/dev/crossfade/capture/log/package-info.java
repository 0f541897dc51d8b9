/**
 * What the source's log says, event by event: a Debezium engine that reads the slot and describes
 * the tables, whose decoded messages are taken as they are. Only this package sees Debezium and
 * Kafka Connect. Invariant: events come in the order of the log, every value as the server printed
 * it, and the slot is released only to where {@link LogConsumer.Release} was told.
 */
package dev.crossfade.capture.log;
