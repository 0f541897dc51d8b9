# Copies the release that the build made: run scripts/crossfade --version once, then docker build .
FROM eclipse-temurin:21-jre

RUN useradd --system --uid 10001 --home-dir /opt/crossfade --shell /usr/sbin/nologin crossfade
COPY sync-service/target/dist/crossfade-0.1.0/ /opt/crossfade/

USER 10001
WORKDIR /etc/crossfade
EXPOSE 8090
STOPSIGNAL SIGTERM

# Bash alone: the image need not have curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8090 && printf 'GET /health/liveness HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]

ENTRYPOINT ["/opt/crossfade/bin/crossfade"]
CMD ["run", "--config", "/etc/crossfade/crossfade.yml"]
