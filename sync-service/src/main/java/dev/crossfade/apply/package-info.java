/**
 * Apply: one consumer a domain, from its Kafka topic into its store, one store transaction a batch.
 * Of a backlog two others are at work on the store while one reads on: the first with a batch, the
 * second with what of the next can be written before that is committed. A load is a backlog of
 * parts; what waits to be derived after it goes in parts as well, by the same two. Imported by the
 * service's wiring. Invariant: progress is written in the transaction of the rows and under the
 * domain's lock, so a record takes effect exactly once and only for the owner.
 */
package dev.crossfade.apply;
