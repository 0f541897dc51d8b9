package dev.crossfade.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A real PostgreSQL server with durable settings, as a child process on 127.0.0.1. Passwords are
 * checked. The data, the port and the settings stay in the folder; a start on an existing folder
 * goes on from them. Start, kill, restart and close are for one thread at a time.
 */
public final class PostgresServer implements AutoCloseable {
  private static final String PASSWORD = "postgres";
  private static final Duration START =
      Duration.ofMinutes(3); // after a kill it reads its log first

  private final Path dir;
  private final Path data;
  private final int port;
  private final String name;
  private final SmallDisk disk;
  private final KeptConnections kept = new KeptConnections(this::connect);
  private volatile Child child;

  private PostgresServer(Path dir, int port, SmallDisk disk) {
    this.disk = disk;
    this.dir = dir;
    this.data = dir.resolve("data");
    this.port = port;
    this.name = "PostgreSQL in " + dir;
    this.child = launch();
  }

  /**
   * Starts a server.
   *
   * @param dir the folder for everything of this server; created if it is not there
   * @param port 0 for the one that the folder remembers, or else a free one
   * @param settings written over the defaults in postgresql.conf, where ALTER SYSTEM still wins
   */
  public static PostgresServer start(Path dir, int port, Map<String, String> settings) {
    return start(dir, port, settings, SmallDisk.NONE);
  }

  /**
   * Starts a server with a tablespace {@code small} on a disk that can be full: see {@link
   * #fillDisk}. What is on that disk does not outlive the server.
   */
  public static PostgresServer startWithSmallDisk(Path dir) {
    try {
      return startWithSmallDisk(dir, SmallDisk.best(Files.createDirectories(dir.resolve("small"))));
    } catch (IOException e) {
      throw new LabException("could not make " + dir + ": " + e.getMessage(), e);
    }
  }

  static PostgresServer startWithSmallDisk(Path dir, SmallDisk disk) throws IOException {
    Path small = Files.createDirectories(dir.resolve("small")).toRealPath();
    PostgresServer server = start(dir, 0, Map.of(), disk);
    server.execute("postgres", "create tablespace small location '" + small + "'");
    return server;
  }

  private static PostgresServer start(
      Path dir, int port, Map<String, String> settings, SmallDisk disk) {
    try {
      Path folder = Files.createDirectories(dir).toRealPath();
      Path data = folder.resolve("data");
      if (Files.isDirectory(data)) {
        Orphans.endThoseIn(data, "postgres");
      }
      if (!Files.exists(data.resolve("PG_VERSION"))) {
        PostgresBinaries.delete(data);
        initialise(folder, data, disk);
      }
      writeSettings(data, settings);
      return new PostgresServer(folder, rememberPort(folder.resolve("port"), port), disk);
    } catch (IOException e) {
      throw new LabException("could not prepare PostgreSQL in " + dir + ": " + e.getMessage(), e);
    }
  }

  public int port() {
    return port;
  }

  public long pid() {
    return child.pid();
  }

  public boolean alive() {
    return child.alive();
  }

  public String jdbcUrl(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }

  public String user() {
    return "postgres";
  }

  public String password() {
    return PASSWORD;
  }

  /** A new connection as the superuser. */
  public Connection connect(String database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user());
    properties.setProperty("password", PASSWORD);
    properties.setProperty("connectTimeout", "5");
    return DriverManager.getConnection(jdbcUrl(database), properties);
  }

  /** What is done with a connection. */
  public interface Use<T> {
    T of(Connection connection) throws SQLException;
  }

  /**
   * As the superuser, on a connection that others may have used before and will use again: for what
   * is asked often, and leaves no settings behind. It sees no settings that were given to the
   * database meanwhile.
   */
  public <T> T use(String database, Use<T> use) throws SQLException {
    return kept.use(database, use);
  }

  /** Creates an empty database; one that is there already is an error. */
  public void createDatabase(String database) {
    execute("postgres", "create database \"" + database.replace("\"", "\"\"") + "\"");
  }

  /** Runs a script as the superuser; the database must be there. */
  public void execute(String database, String sql) {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new LabException("could not run SQL in " + database + ": " + e.getMessage(), e);
    }
  }

  /** SIGKILL; returns when the postmaster and all its children are gone. */
  public void kill() {
    child.kill();
    Orphans.endThoseIn(data, "postgres"); // backends re-parent when the postmaster dies before them
  }

  /** SIGSTOP to the server and all its backends: connections stay open, and nobody answers. */
  public void freeze() {
    child.freeze();
  }

  /** Undoes {@link #freeze}. */
  public void thaw() {
    child.thaw();
  }

  /** Lets nothing more be written into the tablespace {@code small}. */
  public void fillDisk() {
    disk.fill(this);
  }

  /** The SQLSTATE with which a full disk shows: that of the real thing, or of its substitute. */
  public String diskFullState() {
    return disk == SmallDisk.TMPFS ? "53100" : "XX000";
  }

  /** Undoes {@link #fillDisk}. */
  public void freeDisk() {
    disk.free(this);
  }

  /** Starts again on the same data, port and settings; stops a running server first. */
  public void restart() {
    close();
    child = launch();
  }

  /**
   * Copies the data of this server, which must be stopped, as a cold backup does. A server that
   * starts in the new folder is this one as it is now; one that is to be promoted needs the file
   * standby.signal in what this returns.
   */
  public Path copyTo(Path folder) {
    Path copy = folder.resolve("data");
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.toList()) {
        Files.copy(
            file,
            Files.createDirectories(folder).resolve(copy).resolve(data.relativize(file)),
            StandardCopyOption.COPY_ATTRIBUTES);
      }
      return copy;
    } catch (IOException e) {
      throw new LabException("could not copy " + data + ": " + e.getMessage(), e);
    }
  }

  /** A fast shutdown, which ends the clients' sessions and writes a checkpoint. */
  @Override
  public void close() {
    kept.close();
    child.stop("INT", Duration.ofSeconds(30));
    Orphans.endThoseIn(data, "postgres");
  }

  private Child launch() {
    if (!Ports.isFree(port)) {
      throw new LabException(name + ": port " + port + " is in use; choose another one");
    }
    List<String> command = new ArrayList<>(disk.before(dir.resolve("small")));
    command.addAll(unprivileged());
    command.addAll(
        List.of(
            PostgresBinaries.folder().resolve("bin/postgres").toString(),
            "-D",
            data.toString(),
            "-p",
            Integer.toString(port)));
    Path log = dir.resolve("postgresql.log");
    Child started = Child.start(name, command, Map.of(), dir, log, "INT");
    SQLException[] last = new SQLException[1];
    boolean ready =
        Deadline.in(START).await(() -> !started.alive() || (last[0] = refusal()) == null);
    if (!ready || !started.alive()) {
      started.stop("INT", Duration.ofSeconds(5));
      String reason = last[0] == null ? "" : " (" + last[0].getMessage() + ")";
      throw new LabException(name + " did not start" + reason + "; see " + log);
    }
    return started;
  }

  private SQLException refusal() {
    try (Connection connection = connect("postgres")) {
      return connection.isValid(5) ? null : new SQLException("the connection is not valid");
    } catch (SQLException e) {
      return e;
    }
  }

  private static void initialise(Path folder, Path data, SmallDisk disk) throws IOException {
    Path fresh = folder.resolve("data.fresh");
    PostgresBinaries.delete(fresh);
    Path password = folder.resolve("password");
    Files.writeString(password, PASSWORD + "\n");
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
    List<String> command = new ArrayList<>(unprivileged());
    command.add(PostgresBinaries.folder().resolve("bin/initdb").toString());
    command.addAll(List.of("-D", fresh.toString(), "-U", "postgres", "-E", "UTF8"));
    command.addAll(List.of("--locale=C", "-A", "scram-sha-256", "--pwfile=" + password));
    command.addAll(disk.initdb());
    Path log = folder.resolve("initdb.log");
    Child initdb = Child.start("initdb for " + folder, command, Map.of(), folder, log, "TERM");
    boolean ended = Deadline.in(START).await(() -> !initdb.alive());
    initdb.stop("TERM", Duration.ofSeconds(5));
    Files.deleteIfExists(password);
    if (!ended || initdb.exitCode() != 0) {
      throw new LabException("initdb failed for " + folder + "; see " + log);
    }
    Path main = fresh.resolve("postgresql.conf");
    Files.writeString(main, Files.readString(main) + "\ninclude 'crossfade-lab.conf'\n");
    Files.move(fresh, data);
  }

  private static void writeSettings(Path data, Map<String, String> settings) throws IOException {
    Map<String, String> all = new TreeMap<>();
    all.put("listen_addresses", "127.0.0.1");
    all.put("unix_socket_directories", "");
    all.put("fsync", "on");
    all.put("synchronous_commit", "on");
    all.put("max_connections", "200");
    all.put("max_replication_slots", "20");
    all.put("max_wal_senders", "20");
    all.put("shared_buffers", "128MB");
    all.putAll(settings);
    StringBuilder text = new StringBuilder();
    all.forEach(
        (key, value) ->
            text.append(key).append(" = '").append(value.replace("'", "''")).append("'\n"));
    Files.writeString(data.resolve("crossfade-lab.conf"), text);
  }

  static int rememberPort(Path file, int wanted) throws IOException {
    int port = wanted;
    if (port == 0) {
      port = Files.exists(file) ? Integer.parseInt(Files.readString(file).strip()) : Ports.free();
    }
    Files.writeString(file, port + "\n");
    return port;
  }

  /**
   * PostgreSQL refuses to run as root. In a user namespace without a map we are nobody there and
   * still the owner of our files outside, so that no folder needs another owner.
   */
  private static List<String> unprivileged() {
    return "root".equals(System.getProperty("user.name")) ? List.of("unshare", "-U") : List.of();
  }
}
