from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

import gateway
from gateway.cli.import_progress import ImportProgress
from gateway.events.exports import Origin
from gateway.events.opening import open_source
from gateway.events.source import Source

KENYA = Path(gateway.__file__).parent / "demo" / "wildlife-watch-kenya.csv.gz"


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def source() -> Source:
    """A source that was read to its end."""
    source = open_source(str(KENYA), Origin())
    read_to_end(source)
    return source


def read_to_end(source: Source) -> None:
    assert list(source.batches(datetime(2026, 11, 22, tzinfo=UTC)))


def lines_of(sources: list[Source], clock: Clock, *moments: float) -> list[str]:
    output = io.StringIO()
    with ImportProgress(sources, Console(file=output, width=40), clock) as progress:
        for moment in moments:
            clock.seconds = moment
            progress.show(0, sources[0], 20_000)
    return output.getvalue().splitlines()


def test_without_a_terminal_a_line_comes_every_five_seconds(source: Source) -> None:
    lines = lines_of([source, source], Clock(), 102.0, 105.0, 109.9, 110.0)
    assert lines == [
        f"{KENYA}: 20,000 events, 152.3 kB of 304.7 kB, 4,000 events/s, 5 s left",
        f"{KENYA}: 20,000 events, 152.3 kB of 304.7 kB, 2,000 events/s, 10 s left",
    ]


def test_a_pipe_has_no_size_and_no_time_left() -> None:
    text = "classification_id,user_id,workflow_id,created_at,metadata\n1,,7,2020-01-01,{}\n"
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as file:
        file.write(text)
    pipe = open_source("-", Origin(), os.fdopen(reading, "rb"))
    read_to_end(pipe)
    assert lines_of([pipe], Clock(), 105.0) == [
        f"standard input: 20,000 events, {len(text)} bytes, 4,000 events/s"
    ]


def test_a_terminal_shows_a_bar_with_rate_and_time_left(source: Source) -> None:
    output, clock = io.StringIO(), Clock()
    console = Console(file=output, force_terminal=True, width=240)
    with ImportProgress([source, source], console, clock) as progress:
        clock.seconds = 110.0
        progress.show(0, source, 20_000)
    shown = output.getvalue()
    assert str(KENYA) in shown
    assert "152.3/304.7 kB" in shown
    assert "2,000 events/s" in shown
    assert "0:00:10" in shown or "-:--:--" in shown
