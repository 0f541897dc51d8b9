package dev.crossfade.lab.bench;

/**
 * What the legacy's clients write.
 *
 * @param follows how often an order is followed by another transaction on an earlier one
 * @param deletes the share of those that delete an order with its items
 * @param width bytes that each order has more, as a text that does not repeat
 */
record Shape(int follows, double deletes, int width) {
  static final Shape USUAL = new Shape(1, 0.02, 0);

  Shape following(int times) {
    return new Shape(times, deletes, width);
  }

  Shape deleting(double share) {
    return new Shape(follows, share, width);
  }

  Shape wider(int bytes) {
    return new Shape(follows, deletes, bytes);
  }
}
