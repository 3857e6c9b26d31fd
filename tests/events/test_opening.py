from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from gateway.errors import UnreadableFile
from gateway.events.exports import Origin
from gateway.events.forms import Form
from gateway.events.opening import open_source
from tests.events.conftest import DEMO, NOW
from tests.events.test_stream import comment

Write = Callable[..., str]

EXPORT = "classification_id,user_id,workflow_id,created_at,metadata\n"
ROW = "1,,7,2020-01-01 00:00:00 UTC,{}\n"


def pipe(content: bytes) -> BinaryIO:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(content)
    return os.fdopen(reading, "rb")


@pytest.mark.parametrize("name", ["data", "data.json", "data.parquet", "data.gz"])
def test_the_content_tells_and_not_the_name(write: Write, name: str) -> None:
    assert open_source(write(EXPORT + ROW, name), Origin()).form is Form.EXPORT
    assert open_source(write(EXPORT, name, packed=True), Origin()).form is Form.EXPORT
    assert open_source(write(json.dumps(comment()), name), Origin()).form is Form.STREAM


@pytest.mark.parametrize(
    ("content", "looks"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"Dear Sir,\nyours\n", "looks like text that begins with 'Dear Sir,'"),
        (b"x" * 500, f"looks like text that begins with '{'x' * 30}"),
        (b"a,b,c\n1,2,3\n", "looks like text that begins with 'a,b,c'"),
        (b'{"users": []}\n', "looks like JSON, but not with one stream event on each line"),
        (
            b'{\n "source": "talk"\n}\n',
            "looks like JSON, but not with one stream event on each line",
        ),
        (
            b'[{"source": "talk", "type": "comment"}]',
            "looks like JSON, but not with one stream event",
        ),
        (b"<!DOCTYPE html>", "looks like HTML or XML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "looks like binary data"),
        ("Dear Sir,\nyours\n".encode("utf-16"), "looks like text that begins with 'Dear Sir,'"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (
            gzip.compress(gzip.compress(EXPORT.encode(), mtime=0), mtime=0),
            "looks like compressed data",
        ),
        (gzip.compress(b"PAR1\x15\x04", mtime=0), "looks like Parquet inside a compressed file"),
    ],
)
def test_anything_else_is_unreadable_in_one_sentence(
    write: Write, content: bytes, looks: str
) -> None:
    path = write(content, "file.csv")
    with pytest.raises(UnreadableFile) as caught:
        open_source(path, Origin())
    assert caught.value.message.startswith(f"{path} {looks}")
    assert caught.value.message.endswith(
        ": it must be a classification export (CSV), Talk's comment export (JSON), stream events "
        "(one JSON object a line), or a table of classification_events or comment_events "
        "(Parquet or CSV)."
    )


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "classification_id,created_at,user_id\n",
            "looks like a classification export without the column workflow_id",
        ),
        (
            "classification_id,event_time,project_id,user_id\n",
            "looks like a table of classifications without the column workflow_id",
        ),
        (
            "comment_id,event_time,user_id\n",
            "looks like a table of comments without the column project_id",
        ),
    ],
)
def test_a_table_without_a_needed_column_is_unreadable(
    write: Write, header: str, message: str
) -> None:
    with pytest.raises(UnreadableFile, match=message):
        open_source(write(header), Origin())


def test_what_is_no_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"gone\.csv cannot be opened: No such file"):
        open_source(str(tmp_path / "gone.csv"), Origin())
    with pytest.raises(UnreadableFile, match="cannot be opened: Is a directory"):
        open_source(str(tmp_path), Origin())


def test_a_file_that_goes_away_before_it_is_read_is_unreadable(write: Write) -> None:
    path = write(EXPORT)
    source = open_source(path, Origin())
    Path(path).unlink()
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        next(source.batches(NOW))


@pytest.mark.parametrize(
    ("content", "form"),
    [(EXPORT + ROW * 3, Form.EXPORT), (f"{json.dumps(comment())}\n" * 3, Form.STREAM)],
)
def test_standard_input_may_be_a_pipe_of_text(content: str, form: Form) -> None:
    source = open_source("-", Origin(), pipe(content.encode()))
    assert (source.form, source.name, source.total_bytes) == (form, "standard input", None)
    assert [len(batch) for batch in source.batches(NOW, 2)] == [2, 1]
    assert source.bytes_read == len(content)


def test_standard_input_may_be_a_compressed_file() -> None:
    with (DEMO / "wildcam-gorongosa.csv.gz").open("rb") as file:
        source = open_source("-", Origin(), file)
        assert sum(map(len, source.batches(NOW))) == 20


def test_a_compressed_pipe_is_unreadable() -> None:
    stdin = pipe(gzip.compress(EXPORT.encode()))
    with stdin, pytest.raises(UnreadableFile, match="standard input looks like compressed data"):
        open_source("-", Origin(), stdin)


def test_a_named_pipe_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    if os.fork() == 0:
        path.write_text(EXPORT + ROW * 3)
        os._exit(0)
    source = open_source(str(path), Origin())
    assert [len(batch) for batch in source.batches(NOW)] == [3]
    os.wait()


def test_damaged_compression_gives_what_stands_before_it(write: Write) -> None:
    events = "".join(f"{json.dumps(comment(id=n))}\n" for n in range(1, 20_001))
    path = write(gzip.compress(events.encode(), 0)[:-100_000], "cut.gz")
    batches = open_source(path, Origin()).batches(NOW)
    read: list[int] = []

    def read_on() -> None:
        for batch in batches:
            read.extend(event.id for event in batch.comments)

    with pytest.raises(UnreadableFile) as caught:
        read_on()
    assert read == list(range(1, len(read) + 1))
    assert len(read) > 10_000
    assert caught.value.message.startswith(f"{path} is damaged: nothing can be read after line ")
    assert f"line {len(read)} " in caught.value.message


def test_progress_is_measured_in_the_file_as_stored() -> None:
    path = DEMO / "wildlife-watch-kenya.csv.gz"
    source = open_source(str(path), Origin())
    seen = [source.bytes_read for _ in source.batches(NOW, 500)]
    assert source.total_bytes == path.stat().st_size
    assert seen == sorted(seen)
    assert 0 < seen[0] < source.total_bytes
    assert source.bytes_read == source.total_bytes


def test_many_files_can_be_checked_before_the_first_is_read(write: Write) -> None:
    path = write(EXPORT + ROW)
    sources = [open_source(path, Origin()) for _ in range(3_000)]
    assert sum(map(len, sources[-1].batches(NOW))) == 1


def test_reading_takes_no_more_memory_for_a_longer_file(write: Write) -> None:
    def peak(rows: int) -> int:
        source = open_source(write(EXPORT + ROW * rows), Origin())
        tracemalloc.start()
        for batch in source.batches(NOW, 1_000):
            assert len(batch) == 1_000
            del batch
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)
    assert peak(40_000) < peak(4_000) * 1.5
