package dev.crossfade.lab.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.lab.LabException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectJarsTest {
  @TempDir Path root;

  @Test
  void whatCannotBeFetchedIsSaidAndTriedAgain() throws Exception {
    pom("this is no pom");
    for (int attempt = 1; attempt <= 2; attempt++) {
      List<String> said = new ArrayList<>();
      LabException e = assertThrows(LabException.class, () -> ConnectJars.fetch(root, said::add));
      assertTrue(e.getMessage().contains("could not fetch"), e.getMessage());
      assertTrue(e.getMessage().contains("peers-fetch.log"), e.getMessage());
      assertEquals(1, said.size());
    }
  }

  @Test
  void whatWasFetchedByTheSamePomIsNotFetchedAgain() throws Exception {
    Path pom = pom("fetched by this one");
    Path folder = Files.createDirectories(root.resolve("target").resolve("peers"));
    Files.copy(pom, folder.resolve("fetched.xml"));
    List<String> said = new ArrayList<>();
    assertEquals(folder, ConnectJars.fetch(root, said::add).folder());
    assertEquals(List.of(), said);
  }

  private Path pom(String text) throws Exception {
    Path folder = root.resolve("scripts").resolve("lab").resolve("peers");
    return Files.writeString(Files.createDirectories(folder).resolve("pom.xml"), text);
  }
}
