"""Names do not go back in time, whatever is imported after what."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.db import tables
from tests.cli.importing import HEADER, Site, classified

OLD = "1,5,ada,600,Count,2019-03-01 10:00:00 UTC"
NEW = "2,5,ada.l,600,Count cats,2024-03-01 10:00:00 UTC"
OPTIONS = ("--project-id", 88)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Site:
    return Site(database_url, tmp_path)


def titled(site: Site) -> list[tuple[Any, ...]]:
    return site.rows(tables.project, "id", "display_name")


def test_an_older_export_turns_no_name_back(site: Site) -> None:
    site.export(NEW, options=(*OPTIONS, "--project-name", "Cats of today"))
    site.export(OLD, options=(*OPTIONS, "--project-name", "Cats"))
    assert site.logins() == [(5, "ada.l")]
    assert site.workflows() == [(600, 88, "Count cats")]
    assert titled(site) == [(88, "Cats of today")]


def test_what_the_directory_says_holds_over_any_export(site: Site) -> None:
    site.export(NEW, options=OPTIONS)
    site.directory(
        users=[{"id": 5, "login": "ada-lovelace"}],
        projects=[{"id": 88, "slug": "zoo/cats", "display_name": "The cats"}],
        workflows=[{"id": 600, "project_id": 88, "display_name": "Count them"}],
    )
    for rows in ((OLD,), (NEW,), (NEW, OLD), (OLD, NEW)):
        site.export(*rows, options=(*OPTIONS, "--project-name", "Cats"))
        assert site.logins() == [(5, "ada-lovelace")]
        assert site.workflows() == [(600, 88, "Count them")]
        assert titled(site) == [(88, "The cats")]


def test_of_two_loads_the_later_holds(site: Site) -> None:
    site.export(NEW, options=OPTIONS)
    for login in ("ada-lovelace", "countess"):
        site.directory(users=[{"id": 5, "login": login}])
    assert site.logins() == [(5, "countess")]


def test_what_the_directory_does_not_say_events_may(site: Site) -> None:
    load = {"users": [{"id": 5}], "workflows": [{"id": 600, "project_id": 88}]}
    site.directory(**load)
    site.export(NEW, options=OPTIONS)
    assert (site.logins(), site.workflows()) == ([(5, "ada.l")], [(600, 88, "Count cats")])
    site.directory(**load)
    assert (site.logins(), site.workflows()) == ([(5, "ada.l")], [(600, 88, "Count cats")])


def test_rows_that_are_there_already_turn_no_name_back(site: Site) -> None:
    site.export(OLD, options=OPTIONS)
    site.export(NEW, options=OPTIONS)
    assert "unchanged 1\n" in site.export(OLD, options=OPTIONS)
    assert site.logins() == [(5, "ada.l")]


def test_an_export_that_is_not_sorted_says_the_names_of_its_newest_row(site: Site) -> None:
    site.stream(classified(9, "2023-01-01", linked={"users": [{"id": 5, "login": "countess"}]}))
    site.export("3,6,bob,600,Count cats,2024-03-02 10:00:00 UTC", OLD, options=OPTIONS)
    assert site.logins() == [(5, "ada"), (6, "bob")]


def test_names_of_an_export_that_is_damaged_are_as_old_as_what_was_read(
    site: Site, tmp_path: Path
) -> None:
    filler = "".join(f"{n},,,600,Count,2019-03-02 10:00:00 UTC,{{}}\n" for n in range(10, 3_000))
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(f"{HEADER}{OLD},{{}}\n{filler}".encode(), 0)[:-60_000])
    words = ["import", str(path), *map(str, OPTIONS), "--database-url", site.url]
    assert CliRunner().invoke(main, words).exit_code == 2
    site.stream(
        classified(9, "2019-03-01", linked={"users": [{"id": 5, "login": "zoe"}]}),
    )
    assert site.logins() == [(5, "ada")]


def test_killed_before_its_end_and_run_again_an_export_says_the_same(
    site: Site, tmp_path: Path
) -> None:
    # A pipe that is never closed: all but its first batch of 10,000 rows is still to come.
    rows = "".join(f"{n},5,ada,600,Count,2019-03-02 10:00:00 UTC,{{}}\n" for n in range(10_600))
    last = "20000,6,bob,600,Count,2024-01-01 10:00:00 UTC,{}\n"
    text = HEADER + rows.removeprefix("0,").partition("\n")[2] + last
    words = ["import", "-", *map(str, OPTIONS), "--database-url", site.url]
    running = subprocess.Popen(
        [sys.executable, "-c", "from gateway.cli import main; main()", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    )
    assert running.stdin is not None
    running.stdin.write(text.encode())
    running.stdin.flush()
    deadline = time.monotonic() + 120
    while not site.is_filled():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    running.kill()
    running.wait()
    running.stdin.close()
    assert site.logins() == [(5, "ada")]
    site.stream(classified(30_000, "2021-01-01", linked={"users": [{"id": 5, "login": "zoe"}]}))
    assert site.logins() == [(5, "zoe")]
    site.table("again.csv", text, *OPTIONS)
    assert site.logins() == [(5, "ada"), (6, "bob")]


def test_a_copy_that_is_not_taken_turns_no_name_back(site: Site) -> None:
    def copy(updated: str, login: str, title: str) -> dict[str, Any]:
        linked = {
            "users": [{"id": 5, "login": login, "display_name": login.title()}],
            "projects": [{"id": 88, "display_name": title}],
            "workflows": [{"id": 600, "display_name": title}],
        }
        return classified(1, "2019-01-01", updated_at=f"{updated}T12:00:00Z", linked=linked)

    site.stream(copy("2019-01-03", "ada.l", "New"))
    assert "unchanged 1\n" in site.stream(copy("2019-01-02", "zoe", "Old"))
    assert site.logins() == [(5, "ada.l")]
    assert site.workflows() == [(600, 88, "New")]
    assert titled(site) == [(88, "New")]
    assert site.rows(tables.user, "id", "display_name") == [(5, "Ada.L")]


def test_a_name_that_was_said_again_holds_over_one_of_in_between(site: Site) -> None:
    def named(event_id: int, day: str, login: str) -> dict[str, Any]:
        return classified(event_id, day, linked={"users": [{"id": 5, "login": login}]})

    site.stream(named(1, "2019-01-01", "ada"))
    site.stream(named(3, "2019-01-03", "ada"))
    site.stream(named(2, "2019-01-02", "zoe"))
    assert site.logins() == [(5, "ada")]


def test_of_two_names_of_one_moment_the_greater_holds(site: Site) -> None:
    for logins in (("ada", "bob"), ("bob", "ada")):
        for login in logins:
            site.stream(classified(1, "2019-01-01", linked={"users": [{"id": 5, "login": login}]}))
        assert site.logins() == [(5, "bob")]


def test_that_a_name_was_said_again_is_not_logged(site: Site) -> None:
    def records() -> list[tuple[Any, ...]]:
        rows = site.rows(tables.change_log, "version", "entities")
        return [row for row in rows if "_record" in (row[1] or "")]

    site.export(OLD, options=OPTIONS)
    before = records()
    site.export(OLD.replace("1,5", "3,5").replace("2019", "2020"), options=OPTIONS)
    site.stream(
        classified(4, "2021-01-01", linked={"users": [{"id": 5, "login": "ada"}]}),
    )
    assert records() == before
    site.stream(classified(2, "2020-06-01", linked={"users": [{"id": 5, "login": "zoe"}]}))
    assert site.logins() == [(5, "ada")]
    assert records() == before


def test_what_events_said_of_who_is_erased_goes_as_well(site: Site) -> None:
    site.export(NEW, options=OPTIONS)
    site.directory(users=[{"id": 5, "login": "ada-lovelace"}])
    site.run("users", "forget", 5)
    assert site.rows(tables.user_name_sources, "id") == []
    site.export(NEW, options=OPTIONS)
    assert site.logins() == []
    assert site.rows(tables.user_name_sources, "id") == []


def test_comments_of_talk_say_names_as_of_the_newest(site: Site) -> None:
    site.talk((1, "ada", "2019-01-01"), (2, "ada", "2024-01-01"))
    site.export("7,5,zoe,600,Count,2021-03-01 10:00:00 UTC", options=OPTIONS)
    assert site.logins() == [(5, "ada")]
    site.talk((3, "older", "2020-01-01"))
    assert site.logins() == [(5, "ada")]
