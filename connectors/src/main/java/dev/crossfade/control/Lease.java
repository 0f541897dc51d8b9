package dev.crossfade.control;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to capture a source, one holder at a time: a session's advisory lock, so that it ends
 * with the holder's connection, and a time that the holder renews each second, so that a holder
 * which hangs loses it too. {@link #tryTake} and {@link #close} belong to one thread; {@link #held}
 * may be asked by any. A holder that lost the lease without noticing is stopped by its generation.
 */
public final class Lease implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Lease.class);
  private static final Duration RENEWAL = Duration.ofSeconds(1);

  /** A holder that has not renewed for so long, by the server's clock, is taken over. */
  private static final Duration STALE = Duration.ofSeconds(6);

  /** A holder that could not renew for so long stops by itself, before it is taken over. */
  private static final Duration LOST = Duration.ofSeconds(4);

  private final DataSource dataSource;
  private final String source;
  private final String owner;
  private final ScheduledExecutorService renewer;
  private Connection connection;
  private volatile boolean taken;
  private volatile long renewedAt;

  Lease(DataSource dataSource, String source, String owner) {
    this.dataSource = dataSource;
    this.source = source;
    this.owner = owner;
    this.renewer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              var thread = new Thread(task, "lease-" + source);
              thread.setDaemon(true);
              return thread;
            });
    renewer.scheduleWithFixedDelay(
        this::renew, RENEWAL.toMillis(), RENEWAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  public boolean held() {
    return taken && System.nanoTime() - renewedAt < LOST.toNanos();
  }

  /** Takes the lease if nobody alive has it. */
  public synchronized boolean tryTake() {
    if (held()) {
      return true;
    }
    drop();
    try {
      connection = dataSource.getConnection();
      connection.setAutoCommit(true);
      connection.setNetworkTimeout(Runnable::run, (int) LOST.toMillis());
      if (!lock()) {
        endStaleHolder();
        drop();
        return false;
      }
      String sql =
          """
          insert into crossfade.capture (source, lease_owner, lease_renewed_at)
          values (?, ?, clock_timestamp())
          on conflict (source) do update
          set lease_owner = excluded.lease_owner, lease_renewed_at = excluded.lease_renewed_at
          """;
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setString(1, source);
        statement.setString(2, owner);
        statement.executeUpdate();
      }
      renewedAt = System.nanoTime();
      taken = true;
      LOG.info("{} holds the lease of source {}", owner, source);
      return true;
    } catch (SQLException e) {
      drop();
      throw new ControlException(
          "the control database could not give the lease of source "
              + source
              + " ("
              + e.getMessage()
              + "); check that it runs",
          e);
    }
  }

  private boolean lock() throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "select pg_try_advisory_lock(hashtext('crossfade.capture'), hashtext(?))")) {
      statement.setString(1, source);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  private void endStaleHolder() throws SQLException {
    String sql =
        """
        select pg_terminate_backend(l.pid)
        from pg_locks l join crossfade.capture c on c.source = ?
        where l.locktype = 'advisory' and l.granted and l.objsubid = 2
          and l.database = (select oid from pg_database where datname = current_database())
          and l.classid::bigint = (hashtext('crossfade.capture')::bigint & 4294967295)
          and l.objid::bigint = (hashtext(c.source)::bigint & 4294967295)
          and c.lease_renewed_at < clock_timestamp() - make_interval(secs => ?)
        """;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, source);
      statement.setDouble(2, STALE.toSeconds());
      try (ResultSet row = statement.executeQuery()) {
        if (row.next()) {
          LOG.warn(
              "the holder of the lease of source {} has not renewed it for {} s and is ended",
              source,
              STALE.toSeconds());
        }
      }
    }
  }

  private synchronized void renew() {
    if (!taken) {
      return;
    }
    String sql =
        """
        update crossfade.capture set lease_renewed_at = clock_timestamp()
        where source = ? and lease_owner = ?
        """;
    long asked = System.nanoTime();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, source);
      statement.setString(2, owner);
      if (statement.executeUpdate() == 1) {
        renewedAt = asked;
        return;
      }
      LOG.warn("{} has lost the lease of source {} to another process", owner, source);
    } catch (SQLException e) {
      LOG.warn("the lease of source {} could not be renewed: {}", source, e.getMessage());
    }
    // the lock goes with the connection: what follows is a new lease
    drop();
  }

  private void drop() {
    taken = false;
    if (connection == null) {
      return;
    }
    try (PreparedStatement statement =
        connection.prepareStatement("select pg_advisory_unlock_all()")) {
      statement.execute();
      connection.setNetworkTimeout(Runnable::run, 0);
      connection.close();
    } catch (SQLException e) {
      try {
        connection.abort(Runnable::run);
      } catch (SQLException ignored) {
        LOG.debug("a broken connection could not be aborted: {}", ignored.getMessage());
      }
    }
    connection = null;
  }

  /** Gives the lease back at once. */
  @Override
  public void close() {
    renewer.shutdownNow();
    synchronized (this) {
      drop();
    }
  }
}
