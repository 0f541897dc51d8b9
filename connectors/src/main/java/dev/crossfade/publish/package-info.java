/**
 * Topics and sending: numbers a generation's records, sends them, and knows what Kafka has
 * acknowledged. Capture and the wiring may import it. Invariant: a record's sequence in its topic
 * has no holes, and after a failed send nothing more is sent.
 */
package dev.crossfade.publish;
