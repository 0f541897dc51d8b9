/**
 * The lab: real servers as child processes, the shop's traffic, the comparison and the demo. Tests
 * of every module may use it; nothing that is released may. Invariant: whatever it starts ends with
 * the JVM that started it, however that ends.
 */
package dev.crossfade.lab;
