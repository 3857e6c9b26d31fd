"""Compressed files are read in any compression, and none of them takes the machine."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.errors import UnreadableFile
from gateway.events.exports import Origin
from gateway.events.opening import open_source
from tests.events.conftest import NOW, read_all

Write = Callable[..., str]

EXPORT = b"classification_id,user_id,workflow_id,created_at,metadata\n"
ROW = b"1,,7,2020-01-01 00:00:00 UTC,{}\n"
MEGABYTE = 1024 * 1024


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


PACKED = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda content: zipped(("cats.csv", content)),
}


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("rows", [0, 1, 40_000])
def test_a_compressed_file_is_read(write: Write, compression: str, rows: int) -> None:
    path = write(PACKED[compression](EXPORT + ROW * rows), "cats.csv")
    source = open_source(path, Origin(5))
    assert sum(map(len, source.batches(NOW))) == rows
    assert source.bytes_read <= (source.total_bytes or 0)
    assert source.remarks == []


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "xz"])
def test_compressed_files_that_are_put_together_are_read(write: Write, compression: str) -> None:
    pack = PACKED[compression]
    assert len(read_all(write(pack(EXPORT + ROW) + pack(ROW) + pack(EXPORT + ROW)))) == 3


@pytest.mark.parametrize("padding", [4, 8, 300_000])
def test_zeros_may_pad_what_xz_packed(write: Write, padding: int) -> None:
    part = lzma.compress(EXPORT + ROW) + b"\0" * padding
    assert len(read_all(write(part + part))) == 2


@pytest.mark.parametrize("hidden", ["._cats.csv", "data/._cats.csv", ".DS_Store"])
def test_hidden_files_in_a_zip_do_not_count(write: Write, hidden: str) -> None:
    assert len(read_all(write(zipped((hidden, b"x"), ("data/cats.csv", EXPORT + ROW))))) == 1


def test_what_macos_adds_to_a_zip_does_not_count(write: Write) -> None:
    members = [("data/", b""), ("data/cats.csv", EXPORT + ROW), ("__MACOSX/data/._cats.csv", b"x")]
    assert len(read_all(write(zipped(*members)))) == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_may_be_packed_in_any_usual_way(write: Write, method: int) -> None:
    assert len(read_all(write(zipped(("cats", EXPORT + ROW), method=method)))) == 1


def encrypted() -> bytes:
    content = bytearray(zipped(("cats.csv", EXPORT)))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    return bytes(content)


def nameless() -> bytes:
    content = bytearray(zipped(("x", EXPORT)))
    listed = content.index(b"PK\x01\x02")
    # The name's letter becomes an extra field of that length, which is none.
    content[listed + 28], content[listed + 30] = 0, 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(), "is a zip of 0 files: it must be of one"),
        (zipped(("a", EXPORT), ("b", EXPORT)), "is a zip of 2 files: it must be of one"),
        (zipped(("a", EXPORT), method=zipfile.ZIP_LZMA), "in a compression that is not read here"),
        (encrypted(), "is a zip with a password"),
        (nameless(), "is a damaged zip file: string index out of range"),
        (
            zipped(("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x")),
            "is a workbook or a document of an office program: save the table as CSV",
        ),
        (zipped(("a", EXPORT))[:-30], "is a damaged zip"),
        (
            zipped(*((f"{n:0200}", b"") for n in range(6_000))),
            "is a damaged zip file: it lists too many",
        ),
        (lzma.compress(EXPORT)[:40], "is damaged: "),
        (bz2.compress(EXPORT)[:40], "is damaged: "),
        (gzip.compress(EXPORT, mtime=0)[:40], "is damaged: "),
        (zipped(("a", zipped(("b", EXPORT)))), "looks like compressed data"),
        (zipped(("a", b"PAR1\x15\x04")), "looks like Parquet inside a compressed file"),
    ],
)
def test_what_cannot_be_unpacked_is_one_sentence(
    write: Write, content: bytes, sentence: str
) -> None:
    path = write(content, "cats.zip")
    with pytest.raises(UnreadableFile) as caught:
        read_all(path)
    assert caught.value.message.startswith(path)
    assert sentence in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_a_damaged_file_gives_what_stands_before_the_damage(
    write: Write, compression: str, at: float
) -> None:
    rows = b"".join(b"%d,,7,2020-01-01 00:00:00 UTC,{}\n" % number for number in range(1, 60_001))
    content = bytearray(PACKED[compression](EXPORT + rows))
    place = int(len(content) * at)
    content[place : place + 50] = bytes(50)
    read: list[int] = []

    def read_on() -> None:
        for batch in open_source(write(bytes(content)), Origin()).batches(NOW):
            read.extend(event.id for event in batch.classifications)

    with pytest.raises(UnreadableFile, match=" is damaged: "):
        read_on()
    # What damage leaves readable may be told apart by its checksum alone, at the end.
    assert read[:10_000] == list(range(1, len(read[:10_000]) + 1))


def bomb(first: bytes, repeated: bytes, megabytes: int) -> bytes:
    """A gzip of so many megabytes, made piece by piece."""
    packer = zlib.compressobj(6, wbits=31)
    piece = repeated * (MEGABYTE // len(repeated))
    return b"".join(
        [
            packer.compress(first),
            *(packer.compress(piece) for _ in range(megabytes)),
            packer.flush(),
        ]
    )


BOMBS = {
    "a cell": (EXPORT + b'1,,7,2020-01-01 00:00:00 UTC,"', b"x"),
    "a line": (EXPORT, b"x"),
    "cells": (EXPORT, b","),
    "quotes": (EXPORT, b'"'),
    "lines in a cell": (EXPORT + b'1,,7,2020-01-01 00:00:00 UTC,"', b"\n"),
    "rows": (EXPORT, b"1\n"),
    "a header": (b"", b"x"),
    "columns": (EXPORT.strip(), b","),
    "line ends": (b"", b"\n"),
    "line ends of Windows": (EXPORT, b"\r\n"),
    "old line ends": (b"", b"\r"),
    "zeros": (b"", b"\0"),
    "utf-16": ("classification_id".encode("utf-16"), b"x\0"),
    "an event": (b'{"source": "panoptes", "type": "', b"x"),
    "a nested event": (b'{"source": "panoptes", "type": ', b"["),
    "lines behind an event": (b'{"source": "panoptes", "type": "x"}\n', b" \n"),
    "names": (
        b"classification_id,user_id,user_name,workflow_id,created_at,metadata\n",
        b"1,5," + b"x" * 100_000 + b",7,2020-01-01 00:00:00 UTC,{}\n",
    ),
}

READ = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from gateway.errors import UnreadableFile
from gateway.events.exports import Origin
from gateway.events.opening import open_source
try:
    for batch in open_source(sys.argv[1], Origin()).batches(datetime(2026, 11, 22, tzinfo=UTC)):
        del batch
except UnreadableFile as error:
    print(error.message)
# What getrusage says may be of the process that began this one, before it was another program.
(peak,) = (line for line in Path("/proc/self/status").open() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.parametrize("kind", BOMBS)
def test_no_small_file_takes_more_than_512_megabytes(write: Write, kind: str) -> None:
    path = write(bomb(*BOMBS[kind], 120), "cats.csv.gz")
    assert Path(path).stat().st_size < MEGABYTE
    result = subprocess.run(
        [sys.executable, "-c", READ, path], capture_output=True, text=True, check=True, timeout=240
    )
    *_, megabytes = result.stdout.splitlines()
    assert int(megabytes) < 512
    assert result.stderr == ""
