package dev.crossfade.faults;

import dev.crossfade.faults.Failpoint.When;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Stands between the flow and one of its databases: a process that is gone reaches it no more, and
 * steps fail or end the process where a failpoint says so. A failed statement is a serialization
 * failure that was not executed, or a lost connection after it was; a failed commit that was done
 * is one whose answer was lost.
 */
public final class StoreEdge {
  private static final String SERIALIZATION_FAILURE = "40001";
  private static final String CONNECTION_LOST = "08006";

  private final DataSource real;
  private final Life life;
  private final Edges edges;
  private final boolean store;

  /**
   * @param store whether it is a store; else the control database
   */
  private StoreEdge(DataSource real, Life life, Edges edges, boolean store) {
    this.real = real;
    this.life = life;
    this.edges = edges;
    this.store = store;
  }

  /** A store as a process sees it that no failpoint ends. */
  public static DataSource store(DataSource real, Edges edges) {
    return store(real, new Life(new Failpoints()), edges);
  }

  static DataSource store(DataSource real, Life life, Edges edges) {
    return new StoreEdge(real, life, edges, true).dataSource();
  }

  static DataSource control(DataSource real, Life life) {
    return new StoreEdge(real, life, Edges.NONE, false).dataSource();
  }

  private DataSource dataSource() {
    return proxy(
        DataSource.class,
        (self, method, arguments) -> {
          if (!method.getName().equals("getConnection")) {
            return call(real, method, arguments);
          }
          alive();
          Connection connection = (Connection) call(real, method, arguments);
          life.opened(connection);
          return new OneConnection(connection).proxied();
        });
  }

  /** Which step of the flow a statement is; empty if it is none that faults hit. */
  private Optional<Failpoint> pointOf(String sql) {
    String text = sql.strip();
    if (!store) {
      return text.contains("published_lsn = greatest")
          ? Optional.of(Failpoint.GAP_GUARD_WRITE)
          : text.contains("load_state = case load_state")
              ? Optional.of(Failpoint.LOAD_END)
              : Optional.empty();
    } else if (text.startsWith("update crossfade.progress") && text.contains("next_offset = ?")) {
      return Optional.of(Failpoint.PROGRESS);
    } else if (text.startsWith("with s as materialized") || text.startsWith("with floor as")) {
      return Optional.of(Failpoint.MIRROR);
    } else if (text.contains(" where _epoch < ")) {
      return Optional.of(Failpoint.LOAD_END);
    } else if (text.equals("commit")) {
      return Optional.of(Failpoint.COMMIT);
    } else if (text.startsWith("with \"crossfade derived 0\"")
        || text.matches("(?s)(insert into pg_temp|(insert into|update|delete from) \").*")) {
      return Optional.of(Failpoint.DERIVE);
    }
    return Optional.empty();
  }

  private void alive() throws SQLException {
    try {
      life.check();
    } catch (Life.Gone e) {
      throw new SQLException(e.getMessage(), CONNECTION_LOST, e);
    }
  }

  private void reach(Failpoint point, When when) throws SQLException {
    boolean fails;
    try {
      fails = life.reach(point, when);
    } catch (Life.Gone e) {
      throw new SQLException(e.getMessage(), CONNECTION_LOST, e);
    }
    if (fails) {
      throw new SQLException(
          "failpoint " + when + " " + point,
          when == When.BEFORE ? SERIALIZATION_FAILURE : CONNECTION_LOST);
    }
  }

  private interface Call {
    Object run() throws Throwable;
  }

  private Object step(Optional<Failpoint> point, Call call) throws Throwable {
    alive();
    if (point.isPresent()) {
      reach(point.get(), When.BEFORE);
    }
    Object result = call.run();
    if (point.isPresent()) {
      reach(point.get(), When.AFTER);
    }
    return result;
  }

  /** One connection, and what waits in it. For one thread. */
  private final class OneConnection implements InvocationHandler {
    private final Connection connection;
    private final List<PreparedStatement> late = new ArrayList<>();

    OneConnection(Connection connection) {
      this.connection = connection;
    }

    Connection proxied() {
      return proxy(Connection.class, this);
    }

    @Override
    public Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
      switch (method.getName()) {
        case "prepareStatement" -> {
          alive();
          return prepare((String) arguments[0]);
        }
        case "createStatement" -> {
          alive();
          return statement((Statement) call(connection, method, arguments));
        }
        case "commit" -> {
          runLate();
          return step(
              store ? Optional.of(Failpoint.COMMIT) : Optional.empty(),
              () -> call(connection, method, arguments));
        }
        case "releaseSavepoint" -> {
          runLate();
          return call(connection, method, arguments);
        }
        case "rollback" -> {
          forgetLate();
          return call(connection, method, arguments);
        }
        case "close" -> {
          life.closed(connection);
          return call(connection, method, arguments);
        }
        default -> {
          return call(connection, method, arguments);
        }
      }
    }

    private void runLate() throws SQLException {
      for (PreparedStatement statement : late) {
        statement.executeUpdate();
      }
      forgetLate();
    }

    private void forgetLate() throws SQLException {
      for (PreparedStatement statement : late) {
        statement.close();
      }
      late.clear();
    }

    private PreparedStatement prepare(String written) throws SQLException {
      if (TripEdge.isTrip(written)) {
        return TripEdge.of(written, this::prepare);
      }
      String sql = edges.sql(written);
      Optional<Failpoint> point = pointOf(written);
      if (edges.apart(written)) {
        return apart(sql);
      }
      PreparedStatement statement = connection.prepareStatement(sql);
      boolean waits = edges.late(written);
      return proxy(
          PreparedStatement.class,
          (self, method, arguments) -> {
            if (method.getName().startsWith("execute")) {
              if (waits) {
                late.add(statement);
                return 0;
              }
              if (point.equals(Optional.of(Failpoint.COMMIT))) {
                runLate();
              }
              return step(point, () -> call(statement, method, arguments));
            } else if (method.getName().equals("close") && waits && late.contains(statement)) {
              return null;
            }
            return call(statement, method, arguments);
          });
    }

    /** The statement on a connection of its own, which commits it by itself. */
    private PreparedStatement apart(String sql) throws SQLException {
      Connection own = real.getConnection();
      own.setAutoCommit(true);
      PreparedStatement statement = own.prepareStatement(sql);
      return proxy(
          PreparedStatement.class,
          (self, method, arguments) -> {
            Object result = call(statement, method, arguments);
            if (method.getName().equals("close")) {
              own.close();
            }
            return result;
          });
    }

    private Statement statement(Statement statement) {
      return proxy(
          Statement.class,
          (self, method, arguments) -> {
            if (method.getName().startsWith("execute") && arguments != null) {
              String sql = (String) arguments[0];
              return step(pointOf(sql), () -> call(statement, method, arguments));
            }
            return call(statement, method, arguments);
          });
    }
  }

  static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(StoreEdge.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  static Object call(Object real, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
