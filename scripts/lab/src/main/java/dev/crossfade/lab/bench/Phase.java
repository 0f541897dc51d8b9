package dev.crossfade.lab.bench;

/** Which part of a pipeline works. */
enum Phase {
  /** From the legacy's log to the store. */
  WHOLE("end to end"),
  /** From the legacy's log until everything is in Kafka. */
  CAPTURE("capture only"),
  /** From the full topic to the store. */
  APPLY("apply only");

  private final String title;

  Phase(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
