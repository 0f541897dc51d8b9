package dev.crossfade.source.postgresql;

import dev.crossfade.event.Lsn;

/**
 * The server's side of a stream, at one moment.
 *
 * @param current end of the server's log
 * @param sent up to where the server has read its log for the stream, and sent what is to be sent
 * @param blocked whether it waits for the other side to take what it sends
 */
public record Walsender(Lsn current, Lsn sent, boolean blocked) {}
