"""Which coding an answer goes out in, and how it is put into it."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from backports import zstd

from gateway.auth.api_keys import new_api_key
from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from gateway.http.coding import CODINGS, PIECE, SMALLEST, coding_for, compress, negotiate_coding

BODY = b'{"count":123,"period":"2024-01-01"},' * 10_000
READ = {"gzip": gzip.decompress, "zstd": zstd.decompress}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("gzip;q=0.5, br;q=1.0", "gzip"),
        ("br", None),
        ("identity", None),
        ("identity;q=0.5, gzip;q=0.4", None),
        ("identity;q=0.5, gzip;q=0.6", "gzip"),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("*", "gzip"),
        ("*;q=0", None),
        ("*, gzip;q=0", None),
        ("zstd, *;q=0", "zstd"),
        ("gzip;q=0, zstd;q=0", None),
        ("gzip;q=0.0", None),
        ("gzip;q=nonsense", None),
        ("gzip;q=nan, zstd", "zstd"),
        ("x-gzip", None),
    ],
)
def test_a_coding_is_negotiated_by_quality_and_then_by_what_it_costs(
    accepted: str | None, coding: str | None
) -> None:
    assert negotiate_coding(accepted) == coding


def test_small_bodies_go_out_as_they_are() -> None:
    found = [coding_for("gzip", bytes(size)) for size in (0, SMALLEST - 1, SMALLEST)]
    assert found == [None, None, "gzip"]


@pytest.mark.parametrize("credential", ["key", "token"])
def test_no_issued_key_or_token_is_compressed(tmp_path: Path, credential: str) -> None:
    if credential == "key":
        issued = new_api_key("a", [], 1).text
    else:
        private = write_new_keys(tmp_path / "keys").private.read_bytes()
        issued = issue_token(private, 1, "ada", "Ada", False, datetime.now(UTC) + timedelta(1))
    for place in (0, 1000, len(BODY)):
        body = BODY[:place] + issued.encode() + BODY[place:]
        assert [coding_for(accepted, body) for accepted in CODINGS] == [None, None]


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, len(BODY)])
async def test_what_was_compressed_is_read_again_and_the_same_each_time(
    coding: str, size: int
) -> None:
    body = BODY[:size]
    made = await compress(body, coding)
    assert READ[coding](made) == body
    assert await compress(body, coding) == made
    assert coding in CODINGS


@pytest.mark.parametrize("coding", ["zstd", "gzip"])
async def test_the_loop_has_a_turn_after_each_64_kilobytes(coding: str) -> None:
    body = zlib.compress(BODY, 0) * 20
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await compress(body, coding)
    counting.cancel()
    assert turns >= len(body) // 65_536 > 100
