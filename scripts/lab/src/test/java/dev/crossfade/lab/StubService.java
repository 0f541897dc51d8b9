package dev.crossfade.lab;

import com.sun.net.httpserver.HttpServer;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Stands in for bin/crossfade where only the demo's handling of processes is tested. */
final class StubService {
  private StubService() {}

  public static void main(String[] words) throws Exception {
    if (words[0].equals("init")) {
      System.out.println(
          """
          {"source": {"sql": "do $$ begin if to_regrole('crossfade_capture') is null then create role crossfade_capture login; end if; end $$"},
           "control": {"sql": "do $$ begin if to_regrole('crossfade_apply') is null then create role crossfade_apply login; create role crossfade_control login; end if; end $$"},
           "product-store": {"sql": ""}, "inventory-store": {"sql": ""}, "order-store": {"sql": ""}, "auth-store": {"sql": ""}}
          """);
      return;
    }
    String config = Files.readString(Path.of(words[2]));
    int port = Integer.parseInt(config.substring(config.lastIndexOf("port:") + 5).strip());
    StringBuilder domains = new StringBuilder();
    for (String domain : ShopFiles.DOMAINS) {
      domains
          .append(domains.isEmpty() ? "" : ", ")
          .append("\"" + domain + "\": {\"state\": \"FOLLOWING\", \"dirty\": 0}");
    }
    byte[] status =
        ("{\"ready\": true, \"domains\": {" + domains + "}}").getBytes(StandardCharsets.UTF_8);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext(
        "/api/status",
        exchange -> {
          exchange.sendResponseHeaders(200, status.length);
          try (OutputStream body = exchange.getResponseBody()) {
            body.write(status);
          }
        });
    server.start();
  }
}
