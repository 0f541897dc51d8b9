package dev.crossfade.source;

import dev.crossfade.domain.CapturedTable;
import dev.crossfade.event.Row;
import dev.crossfade.event.TableName;
import dev.crossfade.event.TableShape;
import java.util.List;
import java.util.Optional;

/**
 * A database that Crossfade captures. Safe for several threads; every method opens what it needs
 * and closes it, with a deadline. Unless said otherwise a {@link SourceException} tells what
 * failed.
 */
public interface Source extends AutoCloseable {
  /** The source's name in the configuration; the mirror's schema is called so. */
  String name();

  /**
   * The tables as far as they may leave the source: the columns that the domain takes, the primary
   * key and the aggregate's column, with types that a store can hold. Tables in the given order.
   */
  List<TableShape> shapes(List<CapturedTable> tables);

  /** Everything that is wrong, all at once; empty if capture can start. Reads only. */
  List<Problem> preflight(List<CapturedTable> tables);

  /**
   * The SQL that an administrator runs once: role, grants, publication, and what must be altered.
   */
  String setupScript(List<CapturedTable> tables);

  /** Writes a fence marker into the log and returns its id. */
  String writeFence();

  /** The rows whose column has this value, given in text form. Columns as the table has them. */
  List<Row> sample(TableName table, String column, String value);

  /** Some value of the column, in text form; empty if the table has none. */
  Optional<String> anyValue(TableName table, String column);

  /** Takes the slot and the publication away if they are there. What holds the slot is ended. */
  void remove();

  @Override
  void close();
}
