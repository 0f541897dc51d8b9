package dev.crossfade.http;

import dev.crossfade.config.Settings;
import dev.crossfade.service.Service;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.BindException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP server of one process. */
public final class HttpEdge implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpEdge.class);

  private final ApplicationContext context;
  private final EmbeddedServer server;

  private HttpEdge(ApplicationContext context, EmbeddedServer server) {
    this.context = context;
    this.server = server;
  }

  /**
   * Starts to listen.
   *
   * @throws AddressException if the address of the configuration cannot be listened on
   */
  public static HttpEdge start(Service service) {
    Settings.HttpSettings http = service.settings().http();
    ApplicationContext context =
        ApplicationContext.builder()
            .deduceEnvironment(false)
            .banner(false)
            .properties(properties(http))
            .singletons(service)
            .start();
    try {
      EmbeddedServer server = context.getBean(EmbeddedServer.class);
      server.start();
      var edge = new HttpEdge(context, server);
      LOG.info("http is at {}", edge.url());
      return edge;
    } catch (RuntimeException e) {
      context.close();
      throw refused(http, e);
    }
  }

  private static RuntimeException refused(Settings.HttpSettings http, RuntimeException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException
          || cause instanceof UnknownHostException
          || cause instanceof UnresolvedAddressException) {
        return new AddressException(http, cause);
      }
    }
    return e;
  }

  private static Map<String, Object> properties(Settings.HttpSettings http) {
    var properties = new HashMap<String, Object>();
    properties.put("micronaut.application.name", "crossfade");
    properties.put("micronaut.server.host", http.host());
    properties.put("micronaut.server.port", http.port() == 0 ? -1 : http.port());
    properties.put("micronaut.server.netty.worker.threads", 2);
    // An unknown number is null, not absent.
    properties.put("jackson.serialization-inclusion", "ALWAYS");
    properties.put("endpoints.all.enabled", false);
    properties.put("endpoints.health.enabled", true);
    properties.put("endpoints.health.sensitive", false);
    properties.put("endpoints.health.details-visible", "ANONYMOUS");
    properties.put("endpoints.health.disk-space.enabled", false);
    properties.put("endpoints.health.discovery-client.enabled", false);
    properties.put("endpoints.prometheus.enabled", true);
    properties.put("endpoints.prometheus.sensitive", false);
    properties.put("micronaut.metrics.enabled", true);
    properties.put("micronaut.metrics.export.prometheus.enabled", true);
    properties.put("micronaut.metrics.export.prometheus.descriptions", true);
    properties.put("micronaut.metrics.binders.files.enabled", false);
    properties.put("micronaut.metrics.binders.web.enabled", false);
    properties.put("micronaut.metrics.binders.logback.enabled", false);
    return properties;
  }

  public String url() {
    return "http://" + server.getHost() + ":" + server.getPort();
  }

  @Override
  public void close() {
    context.close();
  }
}
