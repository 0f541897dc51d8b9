package dev.crossfade.mirror;

/** A change continues a row that the mirror never had: something before it was lost. */
public final class MirrorGapException extends RuntimeException {
  MirrorGapException(String table, int rows) {
    super(
        rows
            + " change(s) of "
            + table
            + " leave columns unchanged that the mirror does not have, because it lacks the rows: changes"
            + " before them were lost; load the domain again");
  }
}
