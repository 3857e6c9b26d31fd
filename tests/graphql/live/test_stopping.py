"""A server that is told to stop ends its streams by itself, spread over the time it has."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.graphql.live.reading import EVENTS, events, subscribed
from tests.server import DEADLINE_SECONDS, serving


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("drain", ["0", "2"])
def test_streams_end_without_being_cut_off(
    tmp_path: Path, drain: str, with_signal: signal.Signals
) -> None:
    settings = {
        "STATS_GATEWAY_DRAIN_SECONDS": drain,
        # Whoever waits for this to end the streams fails by its own deadline.
        "STATS_GATEWAY_SHUTDOWN_TIMEOUT_SECONDS": str(10 * DEADLINE_SECONDS),
    }
    with serving(tmp_path, **settings) as server, ExitStack() as stack:
        streams = [
            events(stack.enter_context(subscribed(server, EVENTS, method="GET"))) for _ in range(5)
        ]
        for stream in streams:
            assert next(stream).name == "next"
        server.process.send_signal(with_signal)
        waits = []
        for stream in streams:
            # A browser comes back after a time of its own, and nobody is told that it is over.
            (last,) = [event for event in stream if event.name != "comment"]
            assert last.name == "retry"
            waits.append(int(last.data))
        assert server.process.wait(DEADLINE_SECONDS) in (-signal.SIGTERM, 0)
    assert len(set(waits)) > 1
    assert all(0 < wait <= 5_000 for wait in waits)
    log = server.log.read_text()
    assert "Application shutdown complete." in log
    assert "Cancel" not in log
    assert "Traceback" not in log


def test_streams_end_at_once_if_the_server_is_told_again(tmp_path: Path) -> None:
    long = str(10 * DEADLINE_SECONDS)
    settings = {
        "STATS_GATEWAY_DRAIN_SECONDS": long,
        "STATS_GATEWAY_SHUTDOWN_TIMEOUT_SECONDS": long,
    }
    with serving(tmp_path, **settings) as server, ExitStack() as stack:
        streams = [
            events(stack.enter_context(subscribed(server, EVENTS, method="GET"))) for _ in range(5)
        ]
        for stream in streams:
            assert next(stream).name == "next"
        server.process.send_signal(signal.SIGTERM)
        server.wait_for_probe("readyz", 503)
        server.process.send_signal(signal.SIGTERM)
        for stream in streams:
            assert [event.name for event in stream if event.name != "comment"] == ["retry"]
        assert server.process.wait(DEADLINE_SECONDS) in (-signal.SIGTERM, 0)
