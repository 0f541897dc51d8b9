/**
 * How topic records are written as bytes: JSON in Debezium's shape, readable with any Kafka
 * console. Published as JSON Schema in {@code crossfade-record.schema.json}. Invariant: what was
 * written by an earlier version can be read for ever. No I/O.
 */
package dev.crossfade.wire;
