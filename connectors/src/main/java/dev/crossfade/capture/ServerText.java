package dev.crossfade.capture;

import io.debezium.connector.postgresql.PostgresValueConverter;
import io.debezium.connector.postgresql.UnchangedToastedReplicationMessageColumn;
import io.debezium.data.SpecialValueDecimal;
import io.debezium.spi.converter.ConvertedField;
import io.debezium.spi.converter.CustomConverter;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Properties;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/**
 * Turns what Debezium has decoded from the server's text back into that text, for every column,
 * before Debezium's own conversions lose NaN, infinities, years before Christ or precision. Public
 * because the engine makes it by name.
 */
public final class ServerText implements CustomConverter<SchemaBuilder, ConvertedField> {
  /** Stands for a value that the log does not repeat; recognized by identity, so no text is it. */
  static final String UNAVAILABLE = new String("unavailable");

  /**
   * Stands for a value that could not be turned into text; the reader of the row must refuse it.
   */
  static final String BROKEN = new String("broken");

  @Override
  public void configure(Properties properties) {
    // has no settings
  }

  @Override
  public void converterFor(ConvertedField field, ConverterRegistration<SchemaBuilder> column) {
    column.register(
        SchemaBuilder.string().optional().parameter(ColumnTold.PARAMETER, ColumnTold.of(field)),
        ServerText::of);
  }

  private static String of(Object value) {
    try {
      return value == null ? null : text(value);
    } catch (RuntimeException e) {
      // an exception here would only be logged by the engine, and the value be missing
      return BROKEN;
    }
  }

  private static String text(Object value) {
    if (value instanceof String text) {
      return text;
    } else if (UnchangedToastedReplicationMessageColumn.isUnchangedToastedValue(value)) {
      return UNAVAILABLE;
    } else if (value instanceof Boolean truth) {
      return truth ? "t" : "f";
    } else if (value instanceof SpecialValueDecimal number) {
      return number
          .getDecimalValue()
          .map(BigDecimal::toPlainString)
          .orElseGet(() -> Double.toString(number.toDouble()));
    } else if (value instanceof LocalDate date) {
      return date(date);
    } else if (value instanceof Instant instant) {
      return timestamp(instant);
    } else if (value instanceof OffsetDateTime time) {
      return timestampWithZone(time);
    } else if (value instanceof PGInterval interval) {
      return interval(interval);
    } else if (value instanceof byte[] bytes) {
      return "\\x" + HexFormat.of().formatHex(bytes);
    } else if (value instanceof PGobject object) {
      return object.getValue();
    }
    // integers and floats; arrays, which hold the server's text
    return value.toString();
  }

  private static String date(LocalDate date) {
    if (date.equals(PostgresValueConverter.POSITIVE_INFINITY_LOCAL_DATE)) {
      return "infinity";
    } else if (date.equals(PostgresValueConverter.NEGATIVE_INFINITY_LOCAL_DATE)) {
      return "-infinity";
    }
    var text = new StringBuilder(16);
    day(text, date);
    return era(text, date).toString();
  }

  private static String timestamp(Instant instant) {
    if (instant.equals(PostgresValueConverter.POSITIVE_INFINITY_INSTANT)) {
      return "infinity";
    } else if (instant.equals(PostgresValueConverter.NEGATIVE_INFINITY_INSTANT)) {
      return "-infinity";
    }
    LocalDateTime time = LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
    return era(moment(time), time.toLocalDate()).toString();
  }

  private static String timestampWithZone(OffsetDateTime zoned) {
    if (zoned.equals(PostgresValueConverter.POSITIVE_INFINITY_OFFSET_DATE_TIME)) {
      return "infinity";
    } else if (zoned.equals(PostgresValueConverter.NEGATIVE_INFINITY_OFFSET_DATE_TIME)) {
      return "-infinity";
    }
    LocalDateTime time = zoned.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
    return era(moment(time).append("+00"), time.toLocalDate()).toString();
  }

  private static StringBuilder moment(LocalDateTime time) {
    var text = new StringBuilder(32);
    day(text, time.toLocalDate());
    text.append(' ');
    clock(text, time.getHour(), time.getMinute(), time.getSecond(), time.getNano() / 1000);
    return text;
  }

  private static void day(StringBuilder text, LocalDate date) {
    int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
    text.append("0".repeat(Math.max(0, 4 - Integer.toString(year).length()))).append(year);
    two(text.append('-'), date.getMonthValue());
    two(text.append('-'), date.getDayOfMonth());
  }

  private static StringBuilder era(StringBuilder text, LocalDate date) {
    return date.getYear() > 0 ? text : text.append(" BC");
  }

  private static void clock(StringBuilder text, int hours, int minutes, int seconds, int micros) {
    two(text, hours);
    two(text.append(':'), minutes);
    two(text.append(':'), seconds);
    if (micros != 0) {
      text.append('.').append(1_000_000 + micros);
      text.deleteCharAt(text.length() - 7); // the million, which kept the zeros behind it
      while (text.charAt(text.length() - 1) == '0') {
        text.setLength(text.length() - 1);
      }
    }
  }

  private static void two(StringBuilder text, int number) {
    if (number < 10) {
      text.append('0');
    }
    text.append(number);
  }

  /**
   * As the server prints it with IntervalStyle = postgres (its source, interval2itm and
   * EncodeInterval).
   */
  private static String interval(PGInterval interval) {
    var text = new StringBuilder(48);
    boolean negative = false;
    int[] parts = {interval.getYears(), interval.getMonths(), interval.getDays()};
    String[] units = {"year", "mon", "day"};
    for (int i = 0; i < parts.length; i++) {
      if (parts[i] != 0) {
        text.append(text.isEmpty() ? "" : " ")
            .append(negative && parts[i] > 0 ? "+" : "")
            .append(parts[i])
            .append(' ')
            .append(units[i])
            .append(parts[i] == 1 ? "" : "s");
        negative = parts[i] < 0;
      }
    }
    int hours = interval.getHours();
    int minutes = interval.getMinutes();
    int seconds = interval.getWholeSeconds();
    int micros = interval.getMicroSeconds();
    if (text.isEmpty() || hours != 0 || minutes != 0 || seconds != 0 || micros != 0) {
      boolean minus = hours < 0 || minutes < 0 || seconds < 0 || micros < 0;
      text.append(text.isEmpty() ? "" : " ").append(minus ? "-" : negative ? "+" : "");
      clock(text, Math.abs(hours), Math.abs(minutes), Math.abs(seconds), Math.abs(micros));
    }
    return text.toString();
  }
}
