/**
 * The flow while a part of its surroundings does not answer: what is seen of it, and how it comes
 * back. Invariant: whatever stood still, nothing is lost and nothing is written twice.
 */
package dev.crossfade.stuck;
