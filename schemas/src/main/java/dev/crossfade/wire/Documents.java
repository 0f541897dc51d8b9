package dev.crossfade.wire;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Parses one document after another with one parser, which costs as much to make as a small
 * document to parse. For one thread at a time.
 */
final class Documents {
  private final Content content = new Content();
  private JsonParser parser;

  /** What the parser has yet to read of a document. */
  private static final class Content extends InputStream {
    private static final byte[] NOTHING = {};

    private byte[] bytes = NOTHING;
    private int at;

    void is(byte[] document) {
      bytes = document;
      at = 0;
    }

    int left() {
      return bytes.length - at;
    }

    @Override
    public int read() {
      return left() == 0 ? -1 : bytes[at++] & 0xFF;
    }

    @Override
    public int read(byte[] into, int from, int most) {
      int n = Math.min(most, left());
      System.arraycopy(bytes, at, into, from, n);
      at += n;
      return n == 0 && most > 0 ? -1 : n;
    }
  }

  /** What reads an object, from behind its first brace up to its last one. */
  interface Body {
    void from(JsonParser json) throws IOException;
  }

  /**
   * Reads a document that is an object. What follows behind it is passed over.
   *
   * @param what it is, for the message
   */
  void read(byte[] document, String what, Body body) throws IOException {
    boolean whole = false;
    content.is(document);
    try {
      if (parser == null) {
        parser = WireFormat.JSON.createParser(content);
      }
      JsonToken first = parser.nextToken();
      if (first != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException(
            what + " is " + first + ", expected " + JsonToken.START_OBJECT);
      }
      body.from(parser);
      whole =
          parser.currentToken() == JsonToken.END_OBJECT
              && parser.getParsingContext().inRoot()
              && parser.releaseBuffered(OutputStream.nullOutputStream()) == 0
              && content.left() == 0;
    } finally {
      content.is(Content.NOTHING);
      if (!whole) {
        parser = null; // it stands in the middle of what is not to be read on
      }
    }
  }
}
