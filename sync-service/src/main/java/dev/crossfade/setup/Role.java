package dev.crossfade.setup;

/** What a process does; several processes share the work, and any of them may do both. */
public enum Role {
  CAPTURE,
  APPLY
}
