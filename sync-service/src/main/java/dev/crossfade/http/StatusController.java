package dev.crossfade.http;

import dev.crossfade.service.Service;
import dev.crossfade.store.Failure;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The status of this process and the commands to it. */
@Controller("/api")
final class StatusController {
  private final Service service;
  private final EmbeddedServer server;

  StatusController(Service service, EmbeddedServer server) {
    this.service = service;
    this.server = server;
  }

  @Get("/status")
  Map<String, Object> status() {
    String url = "http://" + server.getHost() + ":" + server.getPort();
    return StatusJson.of(service.status(), url);
  }

  /** On a thread of its own: it waits for the domain's lock in the store. */
  @ExecuteOn(TaskExecutors.BLOCKING)
  @Post("/domains/{domain}/redrive")
  HttpResponse<Map<String, Object>> redrive(String domain) {
    var body = new LinkedHashMap<String, Object>();
    body.put("domain", domain);
    try {
      if (service.redrive(domain)) {
        body.put("redriven", true);
        return HttpResponse.ok(body);
      }
    } catch (SQLException e) {
      body.put("redriven", false);
      body.put("problem", "the store of " + domain + " refused: " + Failure.sentence(e));
      return HttpResponse.serverError(body);
    }
    body.put("redriven", false);
    body.put(
        "problem",
        "this process does not apply a domain "
            + domain
            + "; ask one that does (GET /api/status names them)");
    return HttpResponse.notFound(body);
  }
}
