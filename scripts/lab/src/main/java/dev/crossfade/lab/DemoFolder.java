package dev.crossfade.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/** The folder that holds everything of one demo, locked for as long as the demo runs. */
public final class DemoFolder implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> DATABASES = List.of("legacy", "stores");

  /** With the two Connect workers of a benchmark with peers. */
  private static final List<String> JVMS = List.of("kafka", "service", "source", "sink");

  private final Path root;
  private final FileChannel channel;
  private final FileLock lock;

  private DemoFolder(Path root, FileChannel channel, FileLock lock) {
    this.root = root;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Takes a folder.
   *
   * @param keep whether what an earlier demo left there stays
   */
  public static DemoFolder open(Path folder, boolean keep) {
    try {
      Path root = Files.createDirectories(folder).toRealPath();
      FileChannel channel =
          FileChannel.open(
              root.resolve("demo.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel, root);
      DemoFolder opened = new DemoFolder(root, channel, lock);
      if (!keep) {
        opened.clear();
      }
      Files.createDirectories(root.resolve("logs"));
      return opened;
    } catch (IOException e) {
      throw new LabException("could not use the folder " + folder + ": " + e.getMessage(), e);
    }
  }

  private static FileLock tryLock(FileChannel channel, Path root) throws IOException {
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // held by this JVM: the same answer
    }
    if (lock == null) {
      channel.close();
      throw new LabException(
          "another run uses " + root + "; stop it, or give this one another folder");
    }
    return lock;
  }

  /** Ends what an earlier demo left running, then deletes what it left lying. */
  private void clear() throws IOException {
    for (String server : DATABASES) {
      Orphans.endThoseIn(root.resolve(server).resolve("data"), "postgres");
    }
    for (String program : JVMS) {
      Orphans.endThoseIn(root.resolve(program), "java");
    }
    deleteData();
    PostgresBinaries.delete(root.resolve("logs"));
    Files.deleteIfExists(endpoints());
  }

  /** Deletes all but the logs; nothing may run any more. */
  public void deleteData() throws IOException {
    for (String name : DATABASES) {
      PostgresBinaries.delete(root.resolve(name));
    }
    for (String name : JVMS) {
      PostgresBinaries.delete(root.resolve(name));
    }
  }

  public Path root() {
    return root;
  }

  Path endpoints() {
    return root.resolve("endpoints.json");
  }

  public Path log(String name) {
    return root.resolve("logs").resolve(name + ".log");
  }

  /** Replaces endpoints.json as a whole, so that no reader sees half of it. */
  void writeEndpoints(Map<String, ?> endpoints) {
    try {
      Path fresh = root.resolve("endpoints.json.fresh");
      Files.writeString(
          fresh, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(endpoints) + "\n");
      Files.move(fresh, endpoints(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new LabException("could not write " + endpoints() + ": " + e.getMessage(), e);
    }
  }

  static String quoted(String text) {
    try {
      return JSON.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a text: " + text, e);
    }
  }

  @Override
  public void close() {
    try {
      lock.release();
      channel.close();
    } catch (IOException e) {
      throw new LabException("could not release " + root + ": " + e.getMessage(), e);
    }
  }
}
