package dev.crossfade.event;

/** Everything that may stand in a domain's topic. */
public sealed interface TopicRecord permits ChangeEvent, Marker, GenerationStart, LoadEnd {}
