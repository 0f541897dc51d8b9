package dev.crossfade.capture.log;

import io.debezium.connector.postgresql.PostgresType;
import io.debezium.connector.postgresql.TypeRegistry;
import io.debezium.connector.postgresql.connection.PostgresConnection;

/**
 * Says that the values of every type are text, so that Debezium's decoder hands on what the server
 * printed: its own conversions lose NaN, infinities, years before Christ or precision, and cost
 * more than all else that it does. Of a table's columns it still gives the types as they are.
 */
final class ServerText extends TypeRegistry {
  private final PostgresType text;

  ServerText(PostgresConnection connection) {
    super(connection);
    this.text = super.get("pg_catalog", "text");
  }

  /** The type by which a value is decoded (3.6.1, {@code PgOutputMessageDecoder}). */
  @Override
  public PostgresType get(String schema, String type) {
    return text;
  }
}
