package dev.crossfade.faults;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Statements that the flow sends together ({@link dev.crossfade.store.Trip}), one by one instead,
 * so that faults can hit between them. For one thread.
 */
final class TripEdge implements InvocationHandler {
  private static final String BETWEEN = ";\n";
  private static final Pattern PARAMETER = Pattern.compile("\\?");

  /** How one statement is prepared. */
  interface Prepare {
    PreparedStatement of(String sql) throws SQLException;
  }

  private record Part(PreparedStatement statement, int parameters) {}

  private final List<Part> parts = new ArrayList<>();
  private final List<Boolean> returned = new ArrayList<>();
  private int at;

  private TripEdge(String sql, Prepare prepare) throws SQLException {
    for (String part : sql.split(BETWEEN)) {
      parts.add(new Part(prepare.of(part), (int) PARAMETER.matcher(part).results().count()));
    }
  }

  static boolean isTrip(String sql) {
    return sql.contains(BETWEEN);
  }

  static PreparedStatement of(String sql, Prepare prepare) throws SQLException {
    return StoreEdge.proxy(PreparedStatement.class, new TripEdge(sql, prepare));
  }

  @Override
  public Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
    switch (method.getName()) {
      case "execute" -> {
        for (Part part : parts) {
          returned.add(part.statement().execute());
        }
        return returned.get(at);
      }
      case "getMoreResults" -> {
        at++;
        return at < parts.size() && returned.get(at);
      }
      case "getResultSet", "getUpdateCount" -> {
        return StoreEdge.call(parts.get(at).statement(), method, arguments);
      }
      case "close" -> {
        for (Part part : parts) {
          part.statement().close();
        }
        return null;
      }
      default -> {
        return method.getName().startsWith("set")
            ? set(method, arguments)
            : StoreEdge.call(parts.get(0).statement(), method, arguments);
      }
    }
  }

  private Object set(Method method, Object[] arguments) throws Throwable {
    int place = (Integer) arguments[0];
    for (Part part : parts) {
      if (place <= part.parameters()) {
        Object[] own = Arrays.copyOf(arguments, arguments.length);
        own[0] = place;
        return StoreEdge.call(part.statement(), method, own);
      }
      place -= part.parameters();
    }
    throw new SQLException("there is no parameter " + arguments[0]);
  }
}
