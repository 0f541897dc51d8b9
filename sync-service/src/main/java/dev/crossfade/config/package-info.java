/**
 * Reads crossfade.yml and the domain folders that it names into validated records. Imported by
 * command and service only. Invariant: settings that exist are consistent in themselves; whatever
 * is wrong was named, all of it at once, before anything was opened.
 */
package dev.crossfade.config;
