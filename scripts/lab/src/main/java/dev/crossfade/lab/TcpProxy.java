package dev.crossfade.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A network of 127.0.0.1 between clients and one server, that can fail as networks do. Bytes that
 * were on their way keep their order. Safe for any thread.
 */
public final class TcpProxy implements AutoCloseable {
  private final int target;
  private final Random random;
  private final ServerSocket server;

  /** Guarded by this. */
  private final List<Link> links = new ArrayList<>();

  private boolean hole;
  private boolean closed;

  /**
   * A proxy on a free port.
   *
   * @param target the server's port on 127.0.0.1
   * @param seed decides which connections are back after a black hole
   */
  public TcpProxy(int target, long seed) {
    this.target = target;
    this.random = new Random(seed);
    try {
      this.server =
          new ServerSocket(Ports.free(), 50, InetAddress.getLoopbackAddress()); // below clients'
    } catch (IOException e) {
      throw new LabException("could not open a proxy: " + e.getMessage(), e);
    }
    thread("proxy-accept", this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  /**
   * From now on nothing is forwarded in either direction, and nothing says so: connections stay
   * open, new ones are accepted.
   */
  public synchronized void blackHole() {
    hole = true;
  }

  /**
   * Forwards again. A network gives back some of the connections that a hole had swallowed, with
   * all of their bytes, and others stay silent for ever: the seed decides.
   */
  public synchronized void heal() {
    hole = false;
    for (Link link : links) {
      link.lost |= link.swallowed && random.nextBoolean();
      link.swallowed = false;
    }
    notifyAll();
  }

  /** Resets every connection that is open now. */
  public synchronized void cut() {
    links.forEach(Link::reset);
    links.clear();
    notifyAll();
  }

  @Override
  public synchronized void close() {
    closed = true;
    cut();
    quietly(server);
  }

  private void accept() {
    while (true) {
      try {
        var link = new Link(server.accept());
        synchronized (this) {
          links.add(link);
          if (closed) {
            cut();
          }
        }
        thread("proxy", link::run);
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private final class Link {
    private final Socket client;
    private final Socket upstream = new Socket();

    /** Guarded by the proxy. */
    private boolean swallowed;

    private boolean lost;

    Link(Socket client) {
      this.client = client;
    }

    void run() {
      try {
        if (!pass()) {
          return;
        }
        upstream.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        upstream.setTcpNoDelay(true);
        client.setTcpNoDelay(true);
        thread("proxy-back", () -> pump(upstream, client));
        pump(client, upstream);
      } catch (IOException e) {
        reset(); // as a server that refuses does
      }
    }

    private void pump(Socket from, Socket to) {
      byte[] buffer = new byte[16 * 1024];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int n = in.read(buffer); pass(); n = in.read(buffer)) {
          if (n < 0) {
            to.shutdownOutput();
            return;
          }
          out.write(buffer, 0, n);
          out.flush();
        }
      } catch (IOException e) {
        if (pass()) {
          reset();
        }
      }
    }

    /** Waits while there is a hole; false if this connection never goes on. */
    private boolean pass() {
      synchronized (TcpProxy.this) {
        while ((hole || lost) && !client.isClosed()) {
          swallowed |= hole;
          try {
            TcpProxy.this.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
          }
        }
        return !client.isClosed();
      }
    }

    private void reset() {
      for (Socket socket : List.of(client, upstream)) {
        try {
          socket.setOption(StandardSocketOptions.SO_LINGER, 0); // RST, not FIN
        } catch (IOException | UnsupportedOperationException e) {
          // it is closed already
        }
        quietly(socket);
      }
    }
  }

  private static void thread(String name, Runnable work) {
    var thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void quietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // nothing is left to close
    }
  }
}
