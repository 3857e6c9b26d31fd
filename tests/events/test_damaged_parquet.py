"""Damaged Parquet is told of in one sentence, whatever DuckDB says of it."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from gateway.errors import UnreadableFile
from tests.events.conftest import read_all
from tests.events.parquet_bytes import parquet_bytes, table

REAL = parquet_bytes(f"{table()} UNION ALL {table(classification_id='6::BIGINT')}")
#: It ends with the length of what stands before it, and a mark of four bytes.
FOOTER = len(REAL) - 8 - int.from_bytes(REAL[-8:-4], "little")

DAMAGED = {
    "the mark": b"PAR1",
    "two marks": b"PAR1" * 2,
    "three marks": b"PAR1" * 3,
    "many marks": b"PAR1" * 1000,
    "a text": b"PAR1 and no more",
    "lines": b"PAR1\n\nPAR1\n",
    "zeros": b"PAR1" + bytes(100),
    "no end": REAL[:-1],
    "no footer": REAL[:FOOTER] + REAL[-8:],
    "half a footer": REAL[: FOOTER + 100] + REAL[-8:],
    "a longer footer": REAL[:-8] + (1 << 30).to_bytes(4, "little") + b"PAR1",
    "an empty footer": REAL[:-8] + bytes(4) + b"PAR1",
}


@pytest.fixture
def told(tmp_path: Path):
    """What is said of a file of this content; None if it can be read."""

    def told(content: bytes) -> str | None:
        path = tmp_path / "file"
        path.write_bytes(content)
        try:
            read_all(str(path))
        except UnreadableFile as error:
            return error.message.replace(str(path), "file")
        return None

    return told


def check(message: str) -> None:
    assert re.fullmatch(r"file [^\n]*[^.]\.", message)
    assert message.isprintable()
    assert len(message) <= 350


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_told_of_in_one_sentence(told, content: bytes) -> None:
    message = told(content)
    assert message is not None
    assert message.startswith("file is damaged Parquet: ")
    check(message)


def test_a_file_that_ends_anywhere_is_damaged(told) -> None:
    for end in range(4, len(REAL), 23):
        message = told(REAL[:end])
        assert message is not None
        check(message)


def test_any_damage_is_told_of_or_does_not_matter(told) -> None:
    chance = random.Random(5)
    messages = set()
    for _ in range(150):
        content = bytearray(REAL)
        at = chance.choice([chance.randrange(4, FOOTER), chance.randrange(FOOTER, len(REAL) - 8)])
        content[at] = chance.randrange(256)
        messages.add(told(bytes(content)))
    for message in messages - {None}:
        check(message)
    assert len(messages) > 5


def test_columns_of_any_names_are_told_of_in_one_sentence(told) -> None:
    odd = ", ".join(f'{n} AS "column {n}.\nIt ends\x07"' for n in range(300))
    message = told(parquet_bytes(f"SELECT {odd}"))
    assert message is not None
    assert message.startswith("file is Parquet with the columns column 0, column 1, ")
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 600


def test_a_type_of_any_name_is_told_of_in_one_sentence(told) -> None:
    fields = ", ".join(f"'a\nb {n}': {n}" for n in range(100))
    message = told(parquet_bytes(table(event_time=f"{{{fields}}}")))
    assert message is not None
    assert message.startswith("file has event_time as STRUCT(")
    assert message.endswith(": it must be a time or a text.")
    check(message)
