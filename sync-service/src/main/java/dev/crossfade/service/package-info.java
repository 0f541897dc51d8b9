/**
 * The life of a running process: waits until everything can be reached, checks it, starts capture
 * and apply, and closes them in order. Imported by command and http. Invariant: nothing flows
 * before the checks have passed.
 */
package dev.crossfade.service;
