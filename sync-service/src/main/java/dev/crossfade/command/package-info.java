/**
 * The command line: one class a verb, each with its help, its JSON and its exit code. Imported by
 * nobody. Invariant: a command ends with one clear sentence a problem and an exit code that says
 * which kind it is.
 */
package dev.crossfade.command;
