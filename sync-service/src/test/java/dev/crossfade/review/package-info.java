/**
 * Interleavings and inputs by which a change could be lost, cut or left standing, each as a test of
 * its own.
 */
package dev.crossfade.review;
