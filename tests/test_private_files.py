"""What the gateway makes is for its owner alone, whatever the umask of who starts it."""

from __future__ import annotations

import gzip
import os
import signal
import stat
import subprocess
from importlib.resources import files
from pathlib import Path

import httpx

from tests.server import STATS_GATEWAY, environment, serving

EXPORT = "wildcam-gorongosa.csv.gz"


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in folder.rglob("*")
        if path.is_file()
    }


def run(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [STATS_GATEWAY, *arguments],
        cwd=folder,
        env=environment(folder, {}),
        preexec_fn=lambda: os.umask(0) and None,
        check=True,
        capture_output=True,
    )


def export(folder: Path) -> Path:
    """A real export with a row that is refused."""
    content = gzip.decompress((files("gateway") / "demo" / EXPORT).read_bytes())
    file = folder / "export.csv"
    file.write_bytes(content + b"x,,,,,,,,,,,,,\n")
    file.chmod(0o644)
    return file


def test_the_database_and_the_rejects_of_an_import_are_for_their_owner(tmp_path: Path) -> None:
    run(tmp_path, "import", str(export(tmp_path)), "--project-id", "3")
    made = modes(tmp_path)
    del made["export.csv"]
    assert {"served.db", "export.csv.rejects.csv"} <= made.keys()
    assert set(made.values()) == {0o600}


def test_the_mode_of_what_is_there_stays(tmp_path: Path) -> None:
    for name in ("served.db", "export.csv.rejects.csv"):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o640)
    run(tmp_path, "import", str(export(tmp_path)), "--project-id", "3")
    made = modes(tmp_path)
    assert made["served.db"] == made["export.csv.rejects.csv"] == 0o640


def test_a_database_behind_a_link_is_for_its_owner(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "served.db").symlink_to(tmp_path / "data" / "real.db")
    run(tmp_path, "db", "upgrade")
    assert set(modes(tmp_path).values()) == {0o600}


def test_the_journal_of_a_server_is_for_its_owner(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with serving(tmp_path) as server:
            httpx.post(server.url, json={"query": "{ classifications { totalCount } }"})
            made = modes(tmp_path)
    finally:
        os.umask(before)
    journals = {name: mode for name, mode in made.items() if ".db" in name}
    assert any(name.endswith("-wal") for name in journals)
    assert set(journals.values()) == {0o600}


def test_the_demos_tokens_keys_and_database_are_for_their_owner(tmp_path: Path) -> None:
    with subprocess.Popen(
        [STATS_GATEWAY, "demo", "--port", "0", "--directory", "demo"],
        cwd=tmp_path,
        env=environment(tmp_path, {}),
        preexec_fn=lambda: os.umask(0) and None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Press Ctrl-C" in line:
                break
        made = modes(tmp_path / "demo")
        process.send_signal(signal.SIGINT)
        process.stdout.read()
    assert {"member.token", "private.pem", "demo.db"} <= made.keys()
    assert made.pop("public.pem") == 0o644
    assert set(made.values()) == {0o600}
