"""Files that hypothesis makes up, imported: no traceback, no hang, no more memory than there is.

A few by default, the same every time; ``make fuzz-import`` goes on with others for five minutes.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import re
import select
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.cli.importing_again import DATABASE
from tests.events.conftest import DEMO
from tests.events.test_stream import classification, comment

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
SETTINGS = settings(
    max_examples=30,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
MOST_MEGABYTES = 512
#: So long may one file of a few kilobytes take on a machine that does much else.
LONGEST_SECONDS = 60

EXPORT = "classification_id,user_id,user_name,workflow_id,workflow_name,created_at,metadata\n"
CLASSIFICATIONS = "classification_id,event_time,project_id,workflow_id,user_id,user_group_ids\n"
COMMENTS = "comment_id,event_time,project_id,user_id\n"


def real(name: str, rows: int) -> str:
    with gzip.open(DEMO / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return "".join(line for _, line in zip(range(rows + 1), file, strict=False))


REAL = [real("wildcam-gorongosa", 5), real("cat-project", 2), real("wildlife-watch-kenya", 5)]


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("events", content)
    return packed.getvalue()


ids = st.integers(-1, 50) | st.integers()
names = st.text(max_size=10) | st.sampled_from(["ada", "Renée", "Vögel", "名前", 'a "b"', "a\nb"])
instants = st.sampled_from(["2020-01-01 00:00:00 UTC", "2021-12-31T23:59:59.5Z", "never", ""])
metadata = st.sampled_from(["{}", "", '{"user_group_ids": [7]}', "{'a': None}", '{"a', "[" * 5_000])


def table(header: str, *columns: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    """Rows below a header, each of the columns' cells."""

    def text(rows: list[tuple[object, ...]]) -> str:
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(rows)
        return header + written.getvalue()

    return st.lists(st.tuples(*columns), max_size=8).map(text)


def event(kind: Callable[..., dict[str, object]]) -> st.SearchStrategy[str]:
    return st.fixed_dictionaries({"id": ids, "created_at": instants | st.none()}).map(
        lambda changes: json.dumps(kind(**changes), ensure_ascii=False)
    )


texts = st.one_of(
    st.sampled_from(REAL),
    table(EXPORT, ids, ids | st.just(""), names, ids, names, instants, metadata),
    table(CLASSIFICATIONS, ids, instants, ids, ids, ids, st.sampled_from(["", "{1,2}", "[1", "x"])),
    table(COMMENTS, ids, instants, ids, ids),
    st.lists(event(classification) | event(comment) | names, max_size=8).map("\n".join),
)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "koi8-r"]
#: Put into a text, at any place.
PIECES = ['"', '""', ",", ";", "\t", "\n", "\r", "\r\n", "\0", "\ufeff", "7,", "\n7,", EXPORT, "é"]
COMPRESSIONS: list[Callable[[bytes], bytes]] = [
    bytes, bytes, gzip.compress, bz2.compress, lzma.compress, zipped,
]  # fmt: skip


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file that is nearly one that can be imported."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=2_000))
    text = draw(texts)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(PIECES)) + text[at + draw(st.integers(0, 30)) :]
    if draw(st.booleans()):
        text = text.replace("\n", draw(st.sampled_from(["\r\n", "\r", "\n\n"])))
    if draw(st.booleans()):
        text = text.replace(",", draw(st.sampled_from([";", "\t"])))
    content = text.encode(draw(st.sampled_from(ENCODINGS)), "replace")
    content = draw(st.sampled_from(COMPRESSIONS))(content)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        at = draw(st.integers(0, len(content)))
        content = (
            content[:at] + draw(st.binary(max_size=5)) + content[at + draw(st.integers(0, 9)) :]
        )
    return content


class Importing:
    """The process that imports, and the directory where it does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.importing_again"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=directory,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            bufsize=0,
        )

    def say(self, name: str) -> dict[str, object]:
        """What comes of a file; it fails where nothing comes of it in time."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n".encode())
        answer = b""
        until = time.monotonic() + LONGEST_SECONDS
        while not answer.endswith(b"\n"):
            ready, _, _ = select.select([self._process.stdout], [], [], until - time.monotonic())
            assert ready, "the import hangs"
            piece = os.read(self._process.stdout.fileno(), 1 << 16)
            assert piece, f"the import ended with {self._process.wait()}"
            answer += piece
        said: dict[str, object] = json.loads(answer)
        return said

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def importing(tmp_path: Path) -> Iterator[Importing]:
    process = Importing(tmp_path)
    try:
        yield process
    finally:
        process.end()


def test_whatever_a_file_holds_it_is_counted_or_told(importing: Importing) -> None:
    directory = importing.directory
    rejects = directory / "file.rejects.csv"
    outcomes = set()

    def store(content: bytes) -> None:
        (directory / "file").write_bytes(content)
        said = importing.say("file")
        assert said["fault"] is None, said["fault"]
        assert said["exit_code"] in (0, 1, 2), said
        out, err = str(said["stdout"]), str(said["stderr"])
        assert "Traceback" not in out + err
        counts = {
            name: int(number.replace(",", ""))
            for name, number in re.findall(r"^([a-z]+) +([0-9,]+)$", out, re.MULTILINE)
        }
        outcomes.add((said["exit_code"], counts.get("stored", 0) > 0))
        assert said["more"] == counts.get("stored", 0)
        refused = 0
        if rejects.exists():
            with rejects.open(encoding="utf-8", newline="") as file:
                refused = sum(1 for _ in csv.reader(file)) - 1
            rejects.unlink()
        assert refused == counts.get("rejected", 0)
        if said["exit_code"] == 2:
            assert re.fullmatch(r"Error: [^\n]+\.\n", err), err
        assert int(str(said["megabytes"])) < MOST_MEGABYTES
        left = {path.name.removesuffix("-wal").removesuffix("-shm") for path in directory.iterdir()}
        assert left <= {"file", DATABASE}

    until = time.monotonic() + SECONDS
    for turn in count():
        seed(turn)(SETTINGS(given(files())(store)))()
        if time.monotonic() >= until:
            break
    assert {(0, True), (2, False)} <= outcomes
