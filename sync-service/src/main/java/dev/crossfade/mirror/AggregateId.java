package dev.crossfade.mirror;

/**
 * Names one aggregate of a domain: the unit that is derived as a whole.
 *
 * @param type the id's type in the source, with types that compare with each other made one (all
 *     integers are {@code int8}, all strings {@code text})
 * @param id the id's text
 */
public record AggregateId(String type, String id) {
  public AggregateId {
    if (type.isEmpty()) {
      throw new IllegalArgumentException("an aggregate id needs a type");
    }
  }

  /** The canonical name of a PostgreSQL type, as printed by format_type or by its internal name. */
  public static String canonical(String type) {
    int modifier = type.indexOf('(');
    String base = (modifier < 0 ? type : type.substring(0, modifier)).trim();
    return switch (base) {
      case "smallint", "integer", "bigint", "int2", "int4", "int8" -> "int8";
      case "text", "character varying", "varchar", "character", "bpchar", "name" -> "text";
      default -> base;
    };
  }
}
