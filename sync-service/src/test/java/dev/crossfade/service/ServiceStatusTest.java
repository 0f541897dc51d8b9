package dev.crossfade.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crossfade.apply.ApplyStatus;
import dev.crossfade.capture.CaptureStatus;
import dev.crossfade.setup.Role;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ServiceStatusTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");

  private static ServiceStatus status(
      CaptureStatus.State capture, ApplyStatus.State apply, Optional<Instant> marker) {
    return status(capture, Optional.of(NOW.minusSeconds(1)), apply, marker);
  }

  private static ServiceStatus status(
      CaptureStatus.State capture,
      Optional<Instant> captureMarker,
      ApplyStatus.State apply,
      Optional<Instant> marker) {
    return new ServiceStatus(
        "one",
        Set.of(Role.CAPTURE, Role.APPLY),
        "",
        Optional.of(
            new CaptureStatus(
                capture,
                "",
                1,
                1,
                0,
                Optional.empty(),
                Optional.empty(),
                captureMarker,
                Optional.empty(),
                Optional.empty())),
        Map.of(
            "order",
            new ApplyStatus(
                apply,
                "",
                Optional.empty(),
                0,
                -1,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                marker,
                0,
                0)),
        NOW);
  }

  @Test
  void isReadyWhileMarkersComeThrough() {
    assertTrue(
        status(
                CaptureStatus.State.STREAMING,
                ApplyStatus.State.FOLLOWING,
                Optional.of(NOW.minusSeconds(1)))
            .ready());
    assertTrue(
        status(CaptureStatus.State.STANDBY, ApplyStatus.State.STANDBY, Optional.empty()).ready());
  }

  @Test
  void turnsRedTenSecondsAfterTheLastMarkerWhateverTheStagesSay() {
    ServiceStatus silent =
        status(
            CaptureStatus.State.STREAMING,
            ApplyStatus.State.FOLLOWING,
            Optional.of(NOW.minusSeconds(11)));
    assertFalse(silent.ready());
    assertEquals("order has seen no marker for 11 s", silent.unready().get(0));
    assertFalse(
        status(CaptureStatus.State.STREAMING, ApplyStatus.State.FOLLOWING, Optional.empty())
            .ready());
  }

  @Test
  void aCaptureThatStreamsButPublishesNoMarkerIsRedAlsoWithoutAnyDomainHere() {
    for (Optional<Instant> marker :
        List.of(Optional.<Instant>empty(), Optional.of(NOW.minusSeconds(11)))) {
      ServiceStatus silent =
          status(
              CaptureStatus.State.STREAMING, marker, ApplyStatus.State.STANDBY, Optional.empty());
      assertFalse(silent.ready());
      assertTrue(silent.unready().get(0).startsWith("capture has published no marker"));
    }
  }

  @Test
  void theLagOfADomainGrowsWhileNoMarkerComes() {
    ServiceStatus silent =
        status(
            CaptureStatus.State.STREAMING,
            ApplyStatus.State.FOLLOWING,
            Optional.of(NOW.minusSeconds(8)));
    assertEquals(
        Optional.of(Duration.ofSeconds(8)), silent.domains().get("order").lag(silent.at()));
  }

  @ParameterizedTest
  @EnumSource(CaptureStatus.State.class)
  void isReadyOnlyIfCaptureStreamsOrStandsBy(CaptureStatus.State state) {
    boolean good =
        EnumSet.of(CaptureStatus.State.STREAMING, CaptureStatus.State.STANDBY).contains(state);
    assertEquals(good, status(state, ApplyStatus.State.STANDBY, Optional.empty()).ready());
  }

  @ParameterizedTest
  @EnumSource(ApplyStatus.State.class)
  void isReadyOnlyIfTheDomainFollowsOrIsAnothers(ApplyStatus.State state) {
    boolean good =
        EnumSet.of(
                ApplyStatus.State.STANDBY, ApplyStatus.State.FOLLOWING, ApplyStatus.State.RETRYING)
            .contains(state);
    assertEquals(
        good,
        status(CaptureStatus.State.STREAMING, state, Optional.of(NOW.minusSeconds(1))).ready());
  }
}
