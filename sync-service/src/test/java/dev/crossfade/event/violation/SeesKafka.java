package dev.crossfade.event.violation;

/** Breaks a rule on purpose: a Kafka client outside of publish and apply. */
public record SeesKafka(org.apache.kafka.clients.producer.ProducerConfig seen) {}
