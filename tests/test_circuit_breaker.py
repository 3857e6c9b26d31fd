"""A circuit breaker opens at a failure, is half open after its pause, and closes at a success."""

from __future__ import annotations

from gateway.circuit_breaker import BreakerState, CircuitBreaker

PAUSE_SECONDS = 5.0


def test_states() -> None:
    seconds = 100.0
    breaker = CircuitBreaker(PAUSE_SECONDS, lambda: seconds)
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    seconds += PAUSE_SECONDS - 0.25
    assert breaker.state is BreakerState.OPEN
    seconds += 0.25
    assert breaker.state is BreakerState.HALF_OPEN
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    breaker.worked()
    assert breaker.state is BreakerState.CLOSED


def test_a_clock_that_is_set_back_does_not_prolong_the_pause() -> None:
    seconds = 100.0
    breaker = CircuitBreaker(PAUSE_SECONDS, lambda: seconds)
    breaker.failed()
    seconds -= 1000
    assert breaker.state is BreakerState.HALF_OPEN
