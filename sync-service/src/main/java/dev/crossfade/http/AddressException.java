package dev.crossfade.http;

import dev.crossfade.config.Settings;
import dev.crossfade.source.Problem;

/** The HTTP server cannot listen where the configuration says. */
public final class AddressException extends RuntimeException {
  private final transient Problem problem;

  AddressException(Settings.HttpSettings http, Throwable cause) {
    super(cause);
    problem =
        new Problem(
            "http",
            "cannot listen on " + http.host() + ":" + http.port() + " (" + cause.getMessage() + ")",
            "stop what uses the port, or set http.host and http.port to a free address");
  }

  public Problem problem() {
    return problem;
  }
}
