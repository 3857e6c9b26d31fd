"""``stats-gateway sync panoptes`` as a process, beside a Panoptes with troubles of its own."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.db import open_database
from gateway.db.tables import membership, user
from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET
from tests.server import STATS_GATEWAY, environment

DEADLINE_SECONDS = 120
NEW = "Created a new database at "


def command(
    folder: Path, panoptes: LocalPanoptes, *options: str, **settings: str
) -> subprocess.Popen[str]:
    given = {
        "STATS_GATEWAY_PANOPTES_URL": panoptes.url,
        "STATS_GATEWAY_PANOPTES_CLIENT_ID": CLIENT_ID,
        "STATS_GATEWAY_PANOPTES_CLIENT_SECRET": CLIENT_SECRET,
    }
    return subprocess.Popen(
        [STATS_GATEWAY, "sync", "panoptes", *options],
        env=environment(folder, {**given, **settings, "PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    """Exit status, what is printed, and the errors: not that a first run makes the database."""
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    said, new, more = err.partition("\n")
    return process.returncode, out.splitlines(), more if new and NEW in said else err


def test_a_first_run_says_that_it_makes_the_database(
    tmp_path: Path, panoptes: LocalPanoptes
) -> None:
    said = [command(tmp_path, panoptes).communicate(timeout=DEADLINE_SECONDS)[1] for _ in range(2)]
    assert said == [f"{NEW}{tmp_path / 'served.db'}.\n", ""]


async def counts(url: str) -> tuple[int, int]:
    async with open_database(url) as database:
        await database.migrate()
        async with database.read() as snapshot:
            users = await snapshot.fetch(select(func.count()).select_from(user))
            members = await snapshot.fetch(select(func.count()).select_from(membership))
    return users[0][0], members[0][0]


def test_it_ends_with_a_summary(tmp_path: Path, panoptes: LocalPanoptes) -> None:
    status, lines, err = finished(command(tmp_path, panoptes))

    assert (status, err) == (0, "")
    assert lines == [
        "users: 3 read, 3 new or changed",
        "groups: 5 read, 2 new or changed, 3 personal groups of users left out",
        "memberships: 7 read, 4 new or changed, 3 personal groups of users left out",
        "projects: 1 read, 1 new or changed",
        "workflows: 2 read, 2 new or changed",
    ]


def test_only_what_is_named_is_asked_for(tmp_path: Path, panoptes: LocalPanoptes) -> None:
    status, lines, _ = finished(command(tmp_path, panoptes, "--only", "workflows,projects"))

    assert status == 0
    assert [line.split(":")[0] for line in lines] == ["projects", "workflows"]
    assert {path.split("?")[0] for path in panoptes.asked} == {"/projects", "/workflows"}


def test_what_cannot_be_copied_is_a_usage_error(tmp_path: Path, panoptes: LocalPanoptes) -> None:
    status, _, err = finished(command(tmp_path, panoptes, "--only", "groups,emails"))

    assert status == 2
    assert "'emails' is not one of users, groups, memberships, projects, workflows." in err


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"STATS_GATEWAY_PANOPTES_CLIENT_SECRET": "guess"}, "check the client id and secret."),
        ({"STATS_GATEWAY_PANOPTES_URL": "nowhere"}, "must have the form https://host."),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    settings: dict[str, str], sentence: str, tmp_path: Path, panoptes: LocalPanoptes
) -> None:
    status, lines, err = finished(command(tmp_path, panoptes, **settings))

    assert (status, lines, len(err.splitlines())) == (2, [], 1)
    assert err.startswith("Error: ")
    assert err.endswith(f"{sentence}\n")


def test_it_waits_for_a_panoptes_that_is_busy_or_broken(
    tmp_path: Path, panoptes: LocalPanoptes
) -> None:
    panoptes.faults.extend([(429, {"Retry-After": "1"}), (502, {}), (503, {"Retry-After": "0"})])
    started = time.monotonic()
    status, lines, err = finished(command(tmp_path, panoptes, "--only", "projects"))

    assert (status, lines) == (0, ["projects: 1 read, 1 new or changed"])
    assert time.monotonic() - started > 1
    assert err.splitlines()[0] == "Panoptes answered with status 429. Trying again in 1.0 s."
    assert [line.split(".")[0] for line in err.splitlines()] == [
        "Panoptes answered with status 429",
        "Panoptes answered with status 502",
        "Panoptes answered with status 503",
    ]


def test_interrupted_it_says_that_the_same_command_goes_on(
    tmp_path: Path, panoptes: LocalPanoptes
) -> None:
    panoptes.held_at = ""
    process = command(tmp_path, panoptes)
    wait_for_requests(panoptes, 1)
    process.send_signal(signal.SIGINT)
    status, _, err = finished(process)
    panoptes.held_at = None

    assert status == 130
    assert err == (
        "Interrupted: everything stored so far stays; run the same command again to continue.\n"
    )


def wait_for_requests(panoptes: LocalPanoptes, number: int) -> None:
    wait_until(lambda: len(panoptes.asked) >= number)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.005)


async def test_killed_again_and_again_it_goes_on_and_copies_all(
    tmp_path: Path, panoptes: LocalPanoptes, database_url: str
) -> None:
    for number in range(1000):
        panoptes.user(2000 + number, f"user{number}")
        panoptes.member(501, 2000 + number)
    panoptes.delay_seconds = 0.02
    moments = random.Random(7)
    for _ in range(6):
        panoptes.asked.clear()
        process = command(tmp_path, panoptes, STATS_GATEWAY_DATABASE_URL=database_url)
        wait_for_requests(panoptes, moments.randrange(2, 8))
        process.kill()
        finished(process)
    panoptes.held_at = "/memberships?page=4"
    process = command(tmp_path, panoptes, STATS_GATEWAY_DATABASE_URL=database_url)
    wait_until(lambda: any("/memberships?page=4" in path for path in panoptes.asked))
    process.kill()
    finished(process)
    panoptes.delay_seconds, panoptes.held_at = 0, None
    panoptes.asked.clear()
    status, lines, _ = finished(
        command(tmp_path, panoptes, STATS_GATEWAY_DATABASE_URL=database_url)
    )

    assert status == 0
    assert await counts(database_url) == (1003, 1004)
    assert lines[:2] == [
        "users: already copied before the interruption",
        "groups: already copied before the interruption",
    ]
    assert lines[2].endswith("(continued from the last interruption)")
    assert panoptes.asked[0].startswith(
        ("/memberships?page=3", "/memberships?page=4", "/memberships?page=5")
    )
