/**
 * What a domain is: its captured tables and its targets, as plain nouns. Reading them from files is
 * the configuration's work. No I/O; every room may import this one.
 */
package dev.crossfade.domain;
