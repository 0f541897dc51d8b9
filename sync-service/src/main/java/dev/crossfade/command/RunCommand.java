package dev.crossfade.command;

import dev.crossfade.config.Settings;
import dev.crossfade.http.AddressException;
import dev.crossfade.http.HttpEdge;
import dev.crossfade.service.Service;
import dev.crossfade.setup.Role;
import dev.crossfade.source.Problem;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    header = "Runs Crossfade until it is told to stop.",
    description = {
      "Checks everything first: what cannot be reached is waited for, what is wrong ends the command.",
      ""
    })
final class RunCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;
  @Mixin private Options options;

  @Option(
      names = "--roles",
      split = ",",
      paramLabel = "ROLE",
      description =
          "What this process does: capture, apply or both (default). Several processes may share the"
              + " work; of several that capture one does, the others wait.")
  private Set<Role> roles = EnumSet.allOf(Role.class);

  @Option(
      names = "--instance",
      paramLabel = "NAME",
      description = "This process's name in status and logs (default: host and process id).")
  private String instance = "";

  @Override
  public Integer call() throws InterruptedException {
    var out = new Output(spec.commandLine(), options.json());
    Settings settings = options.settings();
    String name = instance.isEmpty() ? defaultInstance() : instance;
    var service = new Service(settings, roles, name);
    try {
      return run(out, service);
    } catch (AddressException e) {
      out.problems(List.of(e.problem()));
      return Exit.PROBLEMS;
    } finally {
      service.close();
    }
  }

  private int run(Output out, Service service) throws InterruptedException {
    // It takes as long as the checks, and nothing flows before both are done.
    CompletableFuture<HttpEdge> http = CompletableFuture.supplyAsync(() -> HttpEdge.start(service));
    try {
      var stopped = new CountDownLatch(1);
      // SIGTERM and Ctrl-C: the process ends when this has ended.
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    service.close();
                    close(http);
                    stopped.countDown();
                  },
                  "shutdown"));
      List<Problem> problems = service.start(() -> listening(http));
      if (!problems.isEmpty()) {
        out.problems(problems);
        out.hint(
            "Nothing was started. Mend this and see with: crossfade check --config "
                + options.config());
        return Exit.PROBLEMS;
      }
      stopped.await();
      return Exit.OK;
    } finally {
      close(http);
    }
  }

  /** Waits until HTTP is there, and fails as its start does. */
  private static void listening(CompletableFuture<HttpEdge> http) {
    try {
      http.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  private static void close(CompletableFuture<HttpEdge> http) {
    Optional<HttpEdge> edge = http.handle((there, e) -> Optional.ofNullable(there)).join();
    edge.ifPresent(HttpEdge::close);
  }

  private static String defaultInstance() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "localhost";
    }
    return host + "-" + ProcessHandle.current().pid();
  }
}
