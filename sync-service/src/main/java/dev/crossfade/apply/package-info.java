/**
 * Apply: one consumer a domain, from its Kafka topic into its store, one store transaction a batch.
 * Of a backlog a second thread is at work on the store while the first reads on. Imported by the
 * service's wiring. Invariant: progress is written in the transaction of the rows and under the
 * domain's lock, so a record takes effect exactly once and only for the owner.
 */
package dev.crossfade.apply;
