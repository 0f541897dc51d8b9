package dev.crossfade.capture.log;

import io.debezium.spi.converter.ConvertedField;
import io.debezium.spi.converter.CustomConverter;
import java.util.Properties;
import org.apache.kafka.connect.data.SchemaBuilder;

/**
 * Keeps Debezium from having an opinion on types and defaults: it makes a schema of each table that
 * the log describes, in which nobody puts a value. Public because the engine makes it by name.
 */
public final class UnreadSchema implements CustomConverter<SchemaBuilder, ConvertedField> {
  @Override
  public void configure(Properties properties) {
    // has no settings
  }

  @Override
  public void converterFor(ConvertedField field, ConverterRegistration<SchemaBuilder> column) {
    column.register(SchemaBuilder.string().optional(), value -> null);
  }
}
