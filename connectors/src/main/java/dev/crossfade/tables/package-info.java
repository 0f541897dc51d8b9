/**
 * How Crossfade's own tables come into a database. The rooms that own such tables may import it.
 * Invariant: a script is executed once in a database, and all before it are.
 */
package dev.crossfade.tables;
