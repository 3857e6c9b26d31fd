from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import tarfile
import zipfile
from collections import deque
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from gateway.errors import UnreadableFile
from gateway.events.event import Batch, Comment
from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.opening import open_source
from tests.events.conftest import NOW

INSTANT = 1_433_160_000_250_000
NAME = "project-593-comments_2016-06-15"


def row(**changes: Any) -> dict[str, Any]:
    """A row as Talk writes it."""
    said = {
        "board_id": 7,
        "board_title": 'Notes, "all"',
        "board_description": "[What] {you} see\\",
        "discussion_id": 70,
        "discussion_title": "Subject 4",
        "comment_id": 9003,
        "comment_body": "é [1], {2}",
        "comment_focus_id": 4,
        "comment_focus_type": "Subject",
        "comment_user_id": 1002,
        "comment_user_login": "ada",
        "comment_created_at": "2015-06-01T12:00:00.250Z",
    }
    return said | changes


EMPTY = row(**{name: None for name in row() if name.startswith("comment_")})
READ = Comment(9003, INSTANT, None, 1002, 593)


def written(*rows: object) -> bytes:
    return ("[" + ",".join(map(json.dumps, rows)) + "]\n").encode()


def tar_of(**files: bytes) -> bytes:
    """A tar.gz, such as the one that Talk sends a link to."""
    packed = io.BytesIO()
    # Of no time: cases are named by their bytes, in each process that collects them alike.
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w") as archive,
    ):
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zip_of(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("c.json", content)
    return packed.getvalue()


def read_file(path: Path, content: bytes, origin: Origin | None = None) -> tuple[Batch, list[str]]:
    """All that the file gives, and its remarks without its name."""
    path.write_bytes(content)
    source = open_source(str(path), origin or Origin())
    assert source.form is Form.TALK
    whole = Batch()
    for batch in source.batches(NOW):
        whole.comments += batch.comments
        whole.rejects += batch.rejects
        whole.ignored += batch.ignored
        whole.names.users |= batch.names.users
        whole.names.projects |= batch.names.projects
    return whole, [remark.removeprefix(f"{path}: ") for remark in source.remarks]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"{NAME}.tar.gz", tar_of(**{f"{NAME}.json": written(row())})),
        (f"{NAME} (1).tar.gz", tar_of(**{f"{NAME}.json": written(row())})),
        ("renamed.tgz", tar_of(**{f"{NAME}.json": written(row())})),
        (f"{NAME}.tar.gz", tar_of(**{"._c.json": b"macOS", "c.json": written(row())})),
        (f"{NAME}.tar", gzip.decompress(tar_of(**{"c.json": written(row())}))),
        (f"{NAME}.json", written(row())),
        (f"{NAME}.json", b"\xef\xbb\xbf\n " + written(row())),
        (f"{NAME}.json", json.dumps([row()], indent=2).encode()),
        (f"{NAME}.tar.bz2", bz2.compress(gzip.decompress(tar_of(c=written(row()))))),
        (f"{NAME}.json.gz", gzip.compress(written(row()))),
        (f"{NAME}.json.zip", zip_of(written(row()))),
        (f"{NAME}.json", written(row(comment_id="9003", comment_user_id="1002"))),
        (f"{NAME}.json", written(row(comment_id=9003.0, comment_user_id=1002.0))),
    ],
)
def test_an_export_is_read_however_it_is_packed(tmp_path: Path, name: str, content: bytes) -> None:
    batch, remarks = read_file(tmp_path / name, content)
    assert (batch.comments, batch.rejects, batch.ignored, remarks) == ([READ], [], 0, [])
    assert batch.names.users == {1002: "ada"}
    assert batch.names.projects == {593: None}


def test_boards_and_discussions_without_comments_are_ignored_and_told(tmp_path: Path) -> None:
    content = written(EMPTY, row(), EMPTY | {"discussion_id": None})
    batch, remarks = read_file(tmp_path / f"{NAME}.json", content)
    assert (batch.comments, batch.rejects, batch.ignored) == ([READ], [], 2)
    assert remarks == ["2 are boards or discussions without comments."]


def test_an_export_of_nothing_but_empty_boards_is_one(tmp_path: Path) -> None:
    batch, _ = read_file(tmp_path / f"{NAME}.json", written(EMPTY))
    assert (len(batch), batch.rejects, batch.ignored) == (0, [], 1)
    batch, remarks = read_file(tmp_path / f"{NAME}.json", b"[]\n")
    assert (len(batch), batch.rejects, batch.ignored, remarks) == (0, [], 0, [])


@pytest.mark.parametrize(
    ("name", "origin", "project_id", "remarks"),
    [
        ("comments.json", Origin(7, "Seven"), 7, []),
        (f"{NAME}.json", Origin(593), 593, []),
        (
            f"{NAME}.json",
            Origin(7),
            593,
            ["its name says that it is of project 593, so --project-id was not applied."],
        ),
        (
            "comments.json",
            Origin(),
            0,
            [
                "1 counted to no project, because their project is unknown: import the file "
                "again with --project-id to set it."
            ],
        ),
        ("zooniverse-comments_2016-06-15.json", Origin(), 0, []),
        (
            "zooniverse-comments_2016-06-15.json",
            Origin(7),
            0,
            ["its name says that it is of no project, so --project-id was not applied."],
        ),
        ("project-0-comments_x.json", Origin(7), 7, []),
        ("project-9999999999999999999-comments_x.json", Origin(7), 7, []),
    ],
)
def test_the_project_is_in_the_name_else_the_one_given(
    tmp_path: Path, name: str, origin: Origin, project_id: int, remarks: list[str]
) -> None:
    batch, told = read_file(tmp_path / name, written(row()), origin)
    assert batch.comments == [READ._replace(project_id=project_id)]
    assert told == remarks
    if origin.project_name:
        assert batch.names.projects == {7: "Seven"}


@pytest.mark.parametrize("user_id", [None, "", " "])
def test_a_comment_of_nobody_is_anonymous(tmp_path: Path, user_id: str | None) -> None:
    content = written(row(comment_user_id=user_id))
    batch, _ = read_file(tmp_path / f"{NAME}.json", content)
    assert batch.comments == [READ._replace(user_id=None)]
    assert batch.names.users == {}


@pytest.mark.parametrize(
    ("bad", "event_id", "reason"),
    [
        (row(comment_id=0), "0", "comment_id is 0: an id is"),
        (row(comment_id="x"), "x", "comment_id is 'x': an id is"),
        ({"comment_created_at": "2015-06-01T12:00:00Z"}, None, "comment_id is missing."),
        (row(comment_created_at=None), "9003", "comment_created_at is missing."),
        (row(comment_created_at=1_433_160_000), "9003", "comment_created_at is 1433160000: not a"),
        (row(comment_created_at="2026-11-23T12:00:01Z"), "9003", "comment_created_at lies more"),
        (row(comment_user_id="ada"), "9003", "comment_user_id is 'ada': an id is"),
        (["x"], None, "The row is ['x']: not a JSON object."),
        (row(comment_body="x" * 1_100_000), None, "The row is longer than 1,048,576 bytes."),
    ],
)
def test_a_bad_row_takes_only_itself(
    tmp_path: Path, bad: object, event_id: str | None, reason: str
) -> None:
    batch, _ = read_file(tmp_path / f"{NAME}.json", written(row(), bad, row(comment_id=5)))
    assert batch.comments == [READ, READ._replace(id=5)]
    [reject] = batch.rejects
    assert (reject.position, reject.event_id) == (2, event_id)
    assert reject.reason.startswith(reason)


def test_a_row_that_is_not_json_takes_only_itself(tmp_path: Path) -> None:
    content = written(row(), row()).replace(b"},", b"},{nothing},", 1)
    batch, _ = read_file(tmp_path / f"{NAME}.json", content)
    assert (len(batch.comments), [reject.position for reject in batch.rejects]) == (2, [2])
    assert batch.rejects[0].reason.startswith("The row is not JSON: ")


@pytest.mark.parametrize("packed", [False, True])
def test_what_stands_before_the_damage_is_given(tmp_path: Path, packed: bool) -> None:
    bodies = [os.urandom(20_000).hex() for _ in range(98)]
    content = written(*[row(comment_id=n, comment_body=body) for n, body in enumerate(bodies, 1)])
    path = tmp_path / f"{NAME}.json"
    whole = gzip.compress(content) if packed else content
    path.write_bytes(whole[: len(whole) // 2])
    sizes: list[int] = []
    with pytest.raises(UnreadableFile, match=" is damaged: "):
        sizes.extend(map(len, open_source(str(path), Origin()).batches(NOW, 20)))
    assert sizes[0] == 20
    assert 20 < sum(sizes) < 60


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (written({"id": 1, "name": "cat", "taggable_id": 5, "comment_id": 3}), "export of tags"),
        (
            written({"source": "talk", "type": "comment"}),
            "JSON, but not with one stream event on each line",
        ),
        (written(1, 2, 3), r"text that begins with '\[1, ?2, ?3\]'"),
        (b"[]\n", r"text that begins with '\[\]'"),
        (
            tar_of(table=b"classification_id,created_at\n"),
            "looks like a tar file without Talk's comments",
        ),
        (tar_of(empty=b""), "looks like a tar file without Talk's comments"),
        (tar_of(), "looks like binary data"),
        (tar_of(**{"._c": b"macOS"}), "is a tar without a file in it"),
    ],
)
def test_another_array_or_tar_is_unreadable_in_one_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=message) as caught:
        open_source(str(path), Origin())
    assert "\n" not in caught.value.message


def test_other_files_in_the_tar_are_told(tmp_path: Path) -> None:
    content = tar_of(**{f"{NAME}.json": written(row()), "more.json": b"x" * 5_000_000})
    batch, remarks = read_file(tmp_path / "both.tar.gz", content)
    assert batch.comments == [READ]
    assert remarks == ["the tar file contains several files; only the first was read."]


def test_a_tar_that_describes_too_much_ends_at_once(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        header = tarfile.TarInfo("pax")
        header.type, header.size = tarfile.XHDTYPE, 500_000_000
        file.write(header.tobuf())
        file.write(bytes(20_000_000))
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(packed.getvalue())
    with pytest.raises(UnreadableFile, match=r"is a damaged tar file: it contains something large"):
        open_source(str(path), Origin())


def pipe(content: bytes) -> BinaryIO:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(content)
    return os.fdopen(reading, "rb")


def test_a_pipe_of_its_json_is_read() -> None:
    source = open_source("-", Origin(593), pipe(written(row(), EMPTY)))
    [batch] = source.batches(NOW)
    assert (batch.comments, batch.ignored) == ([READ], 1)
    assert (source.name, source.total_bytes) == ("standard input", None)
    source = open_source("-", Origin(593), io.BytesIO(tar_of(c=written(row()))))
    assert [batch.comments for batch in source.batches(NOW)] == [[READ]]


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.tar.gz"
    path.write_bytes(tar_of(c=written(*[row(comment_id=n) for n in range(1, 3_000)])))
    source = open_source(str(path), Origin())
    assert (source.bytes_read, source.total_bytes) == (0, path.stat().st_size)
    for _ in source.batches(NOW, 1_000):
        assert 0 < source.bytes_read <= path.stat().st_size
    assert source.bytes_read == path.stat().st_size


def test_half_an_emoji_in_the_first_rows_leaves_the_export_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.json"
    path.write_bytes(written(row(comment_body="\ud83d"), row(comment_id=9004)))
    [batch] = open_source(str(path), Origin()).batches(NOW)
    assert [comment.id for comment in batch.comments] == [9003, 9004]


def test_endless_rows_that_cannot_be_counted_are_not_read_to_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.events.source.MOST_REFUSED", 20)
    path = tmp_path / f"{NAME}.json"
    path.write_bytes(written(row(), *[0] * 1_000))
    batches = open_source(str(path), Origin()).batches(NOW, 10)
    with pytest.raises(UnreadableFile, match="the last 20 rows up to object 30 cannot be counted"):
        deque(batches, 0)
