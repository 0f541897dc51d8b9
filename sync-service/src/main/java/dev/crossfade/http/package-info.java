/**
 * What a process shows and takes over HTTP: status, health, metrics, redrive. Imported by command.
 * The only room with Micronaut. Invariant: an unknown number is null or NaN here, never 0.
 */
package dev.crossfade.http;
