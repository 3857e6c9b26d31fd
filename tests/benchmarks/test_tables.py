"""Each benchmark runs to its end over little data, and prints its table."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import (
    beside,
    footprint,
    groups,
    growth,
    import_before,
    ingestion,
    pages_before,
    replicas,
    startup,
)
from benchmarks.contest import Cost, Pace
from benchmarks.gateway import CACHE_OFF
from benchmarks.live import __main__ as live
from benchmarks.live.data import Batch
from benchmarks.live.freshness import Inexact, Stored
from benchmarks.live.pages import Event, Page
from benchmarks.live.streams import Posted
from benchmarks.peers import missing
from benchmarks.postgres.__main__ import OURS, compete
from benchmarks.postgres.database import loaded_database
from benchmarks.postgres.pages import PAGES
from benchmarks.table import Table
from gateway.db.instants import system_clock
from gateway.services import build_services
from gateway.settings import Settings
from gateway.telemetry.configuration import Telemetry


def printed(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    lines = capsys.readouterr().out.splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]


def test_a_cell_is_our_cost_as_a_multiple_of_theirs() -> None:
    table = Table("data", ["us", "them", "who is away"])
    table.add(
        "page",
        {("us", n): Cost(3, 8, 0) for n in (1, 16)}
        | {("them", n): Cost(2, 160, 0) for n in (1, 16)},
    )
    assert str(table).splitlines()[2] == "| page | CPU at 1 | 3 ms | 1.50 (2 ms) |  |"
    assert str(table).splitlines()[5] == "| page | p50 at 16 | 8 ms | 0.05 (160 ms) |  |"


def test_all_servers_over_postgresql_answer_the_same() -> None:
    pace = Pace(rounds=1, seconds=0, warm_up_seconds=0)
    with loaded_database(8_000) as database:
        *graphql, rest = compete(database, [*PAGES], pace, in_node=missing() is None)
    # CPU and latency of the server, and CPU of the database, at two concurrencies.
    assert [len(str(table).splitlines()) for table in graphql] == [2 + 6 * len(PAGES)] * len(OURS)
    assert len(str(rest).splitlines()[2:]) == 6 * sum(len(page.rest) for page in PAGES)
    for name, table in zip(OURS, graphql, strict=True):
        assert str(table).startswith(f"| PostgreSQL | at n requests at once | {name} | ")


def test_growth_is_a_multiple_of_the_fewest_events(capsys: pytest.CaptureFixture[str]) -> None:
    growth.main(["3_000", "6_000", "--rounds", "1", "--seconds", "0", "--warm-up", "0"])
    head, _, *rows, imports = printed(capsys)
    assert head[1:] == ["3,000 events", "6,000 events"]
    assert len(rows) == 4 * len(growth.PAGES)
    assert {row[1] for row in rows if "p50" in row[0]} == {"1.00"}
    assert imports[0] == "import"


@pytest.mark.parametrize("options", [[], ["--postgres"]], ids=["sqlite", "postgres"])
def test_ingestion_is_measured_live_and_late(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ingestion.main([*options, "30_000", "--batches", "1"])
    _, _, live, late = printed(capsys)
    assert (live[0], late[0]) == ("live", "late")
    assert all(int(cell.replace(",", "")) > 0 for row in (live, late) for cell in row[1:2])


@pytest.mark.parametrize("options", [[], ["--postgres"]], ids=["sqlite", "postgres"])
def test_spans_are_measured_beside_groups_that_events_carry(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    groups.main([*options, "2_000", "--repeats", "1"])
    _, _, repeat, _ = printed(capsys)
    assert float(repeat[3]) > 0


def test_the_start_is_measured_beside_a_bare_server(capsys: pytest.CaptureFixture[str]) -> None:
    startup.main(["--rounds", "1"])
    _, _, ours, bare, demo = printed(capsys)
    assert (ours[0], bare[0]) == (startup.US, startup.REFERENCE)
    assert float(ours[2]) > float(bare[2])
    assert demo[0].startswith("the demo")


def test_nothing_is_cached_where_caches_are_off() -> None:
    services = build_services(Settings.model_validate(CACHE_OFF), system_clock, Telemetry())
    assert services.responses is None
    assert services.read_cache is None


def test_three_database_servers_are_measured_beside_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    replicas.main(["2_000", "--rounds", "1", "--seconds", "0.3"])
    _, _, *rows = printed(capsys)
    assert [row[0] for row in rows] == ["nobody writes", "250 events a second"]
    assert all(len(row) == 5 and float(row[1].removesuffix(" ms")) > 0 for row in rows)


def test_a_commit_is_packed_as_a_wheel_that_runs(tmp_path: Path) -> None:
    made = footprint.packed("HEAD", tmp_path)
    assert made.kibibytes > 100
    where = subprocess.run(
        [sys.executable, "-c", "import gateway; print(gateway.__file__)"],
        env={**os.environ, **made.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(made.packages))


@pytest.mark.parametrize("options", [[], ["--postgres"]], ids=["sqlite", "postgres"])
def test_imports_of_each_form_are_measured_beside_another_commit(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    import_before.main([*options, "2_000", "--before", "HEAD", "--rounds", "1"])
    _, _, *rows = printed(capsys)
    assert [row[0] for row in rows] == [
        f"{form}, {name}" for form in import_before.FORMS for name in ("before", "now")
    ]
    assert {row[2] for row in rows[::2]} == {"1.00"}
    assert all(float(row[1]) > 0 for row in rows)


def test_cold_pages_are_measured_beside_another_commit(capsys: pytest.CaptureFixture[str]) -> None:
    pace = ["--rounds", "1", "--seconds", "0.2", "--warm-up", "0.2"]
    pages_before.main(["2_000", "--before", "HEAD", "--only", "volunteer", *pace])
    title, _, *rows = printed(capsys)
    assert title == ["cold pages over PostgreSQL", "at n requests at once", "now", "before"]
    assert [row[:2] for row in rows] == [
        ["volunteer", f"{what} at {n}"] for what in ("CPU", "p50") for n in (1, 16)
    ]


def test_others_are_watched_beside_each_heavy_operation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    beside.main(["--rounds", "1", "--clients", "1"])
    _, _, *rows = printed(capsys)
    assert [row[0] for row in rows] == list(beside.OPERATIONS)
    assert all(float(longest) >= float(middle) for _, _, middle, longest in rows)


@pytest.mark.parametrize(
    ("options", "measured"),
    [([], len(live.SCENARIOS)), (["--postgres", "--only", live.SCENARIOS[0].title], 1)],
    ids=["sqlite", "postgres"],
)
def test_live_answers_are_exact_beside_the_stream(
    options: list[str], measured: int, capsys: pytest.CaptureFixture[str]
) -> None:
    live.main([*options, "--quick"])
    rows = printed(capsys)
    tables = [row[0] for row in rows if row[-1].endswith("target")]
    assert len(tables) == measured
    assert len(rows) == len(tables) * (2 + len(live.FIGURES))


def test_a_frame_is_as_late_as_the_oldest_commit_that_it_shows_first() -> None:
    posted = [Posted(Batch(b"", [Event(1, 1)] * 2), at, 0) for at in (10.0, 11.0, 12.0)]
    stored = Stored(Page("", {}), 5, posted)
    assert stored.last == 11
    # Before the client is told of the commit, it is not late.
    assert stored.delays([9.0, 9.5, 12.5], [5, 7, 11]) == [0.0, 1.5]
    # A page that a batch does not change has nothing to show.
    other = Stored(Page("", {}, lambda event: event.project == 2), 5, posted)
    assert other.delays([9.0], [5]) == []
    for numbers in ([5, 6], [7, 5], [5, 13]):
        with pytest.raises(Inexact):
            stored.delays([9.0, 12.5], numbers)
