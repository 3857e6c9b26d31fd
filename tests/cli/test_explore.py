"""``explore`` as a process: what a file shows, to its owner and on this machine alone."""

import signal
import stat
import subprocess
import time
from pathlib import Path

import httpx
import pytest

import gateway
from gateway.cli.explored import name_of
from tests.cli.import_command import HEADER, KENYA, ROW, stream
from tests.exploring import Explored, exploring
from tests.server import DEADLINE_SECONDS, environment, run_command

DEMO = Path(gateway.__file__).parent / "demo"
EXPORTS = {
    "wildlife-watch-kenya.csv.gz": ("Wildlife Watch Kenya", 2000),
    "cat-project.csv.gz": ("Cat Project", 153),
    "wildcam-gorongosa.csv.gz": ("Wildcam Gorongosa", 20),
}
PROJECTS = "{ projects(first: 9) { nodes { id displayName classifications { totalCount } } } }"
SOMEBODY = "{ user(id: 1631617) { classifications { totalCount } } }"


def projects(explored: Explored) -> list[tuple[str, str, int]]:
    answer = explored.ask(PROJECTS, explored.token)
    return sorted(
        (one["id"], one["displayName"], one["classifications"]["totalCount"])
        for one in answer["data"]["projects"]["nodes"]
    )


def refused(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that ends without having served anything."""
    (folder / "tmp").mkdir(exist_ok=True)
    own = environment(folder, {"TMPDIR": str(folder / "tmp")})
    ended = run_command(["explore", "--no-browser", *words], own, folder)
    assert list((folder / "tmp").iterdir()) == []
    assert list(folder.glob("*.db*")) == []
    assert "token" not in ended.stdout
    return ended


@pytest.mark.parametrize("export", EXPORTS)
def test_an_export_is_shown_to_its_owner_and_to_no_other_site(export: str, tmp_path: Path) -> None:
    with exploring(tmp_path, "--no-browser", DEMO / export) as explored:
        assert projects(explored) == [("1", *EXPORTS[export])]
        (folder,) = explored.temporary()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for headers in (
            {"Host": "rebound.example"},
            {"Origin": "https://rebound.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:1"},
        ):
            for path in ("/", "/graphql?query=%7B__typename%7D", "/classifications"):
                answer = httpx.get(explored.root + path, headers=headers, timeout=60)
                assert answer.status_code == 403
        own = httpx.get(explored.root, headers={"Origin": explored.root}, timeout=60)
        assert own.status_code == 200
        assert explored.stop() == 0
        assert explored.temporary() == []
        assert explored.said().count(explored.token) == 1
        assert "Traceback" not in explored.said()


def test_the_owner_sees_more_than_others(tmp_path: Path) -> None:
    with exploring(tmp_path, "--no-browser", KENYA) as explored:
        assert explored.ask(SOMEBODY, explored.token)["data"]["user"]["classifications"]
        assert explored.ask("{ me { login } }", explored.token) == {
            "data": {"me": {"login": "owner"}}
        }
        for token in (None, explored.token[:-1], explored.token + "A", "ä"):
            answer = explored.ask(SOMEBODY, token)
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        # A terminal that is closed, or a machine that shuts down.
        assert explored.stop(signal.SIGHUP) == 128 + signal.SIGTERM
        assert explored.temporary() == []


def test_several_files_are_kept_beside_the_first_and_found_again(tmp_path: Path) -> None:
    cats, events = tmp_path / "my-cats-classifications.csv", tmp_path / "events.ndjson"
    cats.write_text(HEADER + ROW.replace("1,5", "90,5"))
    events.write_text("\n".join(stream(2)))
    with exploring(tmp_path, "--no-browser", "--keep", cats, KENYA) as explored:
        assert explored.path == "/graphql"
        assert projects(explored) == [("1", "My Cats", 1), ("2", "Wildlife Watch Kenya", 2000)]
        assert explored.stop(signal.SIGTERM) == 128 + signal.SIGTERM
        assert explored.temporary() == []
    words = ("--no-browser", "--database", tmp_path / "my-cats-classifications.db")
    with exploring(tmp_path, *words, KENYA, events) as explored:
        assert "unchanged 2,000" in explored.said()
        known = projects(explored)
        assert known[:2] == [("1", "My Cats", 1), ("2", "Wildlife Watch Kenya", 2000)]
        assert (known[2][0], known[2][2]) == ("3", 2)


def test_the_browser_is_opened_without_the_token_in_its_arguments(tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(
        '#!/bin/sh\nfile="${1#file://}"\nstat -c %a "$file" > mode\ncp "$file" page\n'
        'echo "$1" > arguments.part && mv arguments.part arguments\n'
    )
    browser.chmod(0o755)
    with exploring(tmp_path, KENYA, BROWSER=str(browser)) as explored:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (tmp_path / "arguments").exists():
            assert time.monotonic() < deadline, explored.said()
            time.sleep(0.05)
        assert explored.token not in (tmp_path / "arguments").read_text()
        assert (tmp_path / "mode").read_text() == "600\n"
        link = f"{explored.root}{explored.path}#token={explored.token}"
        assert f'url={link}"' in (tmp_path / "page").read_text()


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("name,colour\nFelix,black\n", 2, "cats.csv looks like "),
        ("", 2, "cats.csv is empty"),
        (HEADER.replace("created_at,", ""), 2, "cats.csv looks like a classification export"),
        (HEADER + ROW.replace("2020-01-01", "yesterday"), 1, ""),
        (HEADER, 1, "There is nothing to look at: no event belongs to a project."),
    ],
)
def test_a_file_that_shows_nothing_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, text: str, status: int, said: str
) -> None:
    (tmp_path / "cats.csv").write_text(text)
    ended = refused(tmp_path, "cats.csv", "--keep" if status == 2 else "--port=0")
    assert (ended.returncode, said in ended.stderr) == (status, True)
    assert "Traceback" not in ended.stderr


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    ended = refused(tmp_path, str(KENYA), "nowhere.csv", "--keep")
    assert (ended.returncode, ended.stderr) == (
        2,
        "Error: nowhere.csv cannot be opened: No such file or directory.\n",
    )


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("exports/wildlife-watch-kenya-classifications.csv", "Wildlife Watch Kenya"),
        ("cat_project_classifications.csv.gz", "Cat Project"),
        ("classifications.csv", "Classifications"),
        ("Ünïcode  birds.csv", "Ünïcode Birds"),
        (".csv", "Project"),
        ("-", "Standard input"),
    ],
)
def test_a_project_is_called_after_its_export(file: str, name: str) -> None:
    assert name_of(file) == name
