"""What a file may be at most: bytes, cost, and how many there are at once."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import pytest

from gateway.app import create_app
from gateway.directory.load import load_directory
from gateway.errors import Unavailable
from gateway.files.description import file_paths
from gateway.files.file_slots import FILES_OF_VIEWER, FileSlots
from gateway.files.refusals import FileTooLarge, TooManyFiles
from gateway.files.spool import Spool
from gateway.settings import Settings
from tests.events_of import store
from tests.files.hostile import HOSTILE, hostile_directory, hostile_events


async def test_a_spool_gives_back_what_was_written_and_takes_no_more() -> None:
    for piece, times in ((b"0123456789", 5), (bytes(range(256)) * 4096, 3)):
        with Spool(len(piece) * times) as spool:
            for _ in range(times):
                await spool.write(piece)
            with pytest.raises(FileTooLarge):
                await spool.write(b"x")
            assert b"".join([chunk async for chunk in spool.chunks()]) == piece * times


def test_slots_are_free_again_whatever_happens() -> None:
    slots = FileSlots(FILES_OF_VIEWER + 1)
    with ExitStack() as stack:
        for _ in range(FILES_OF_VIEWER):
            stack.enter_context(slots.slot("user/1"))
        with pytest.raises(TooManyFiles), slots.slot("user/1"):
            pass
        stack.enter_context(slots.slot("user/2"))
        with pytest.raises(Unavailable), slots.slot("user/3"):
            pass
    with pytest.raises(ZeroDivisionError), slots.slot("user/1"):
        raise ZeroDivisionError
    assert not slots._taken


@pytest.mark.parametrize(
    ("settings", "status", "code"),
    [
        ({"file_limit_bytes": 1024}, 422, "FILE_TOO_LARGE"),
        # Pages of fewer rows fit; together they are still more than anybody may spend.
        ({"cost_per_minute": 300}, 422, "COST_TOO_HIGH"),
        ({"cost_limit": 30}, 422, "COST_TOO_HIGH"),
        ({"cost_limit": 300}, 200, None),
    ],
)
async def test_what_a_file_may_be(
    settings: dict[str, int], status: int, code: str | None, database_url: str
) -> None:
    app = create_app(Settings(database_url=database_url, **settings))  # type: ignore[arg-type]
    async with app.router.lifespan_context(app):
        database = app.state.services.database
        await database.write(lambda connection: load_directory(connection, hostile_directory()))
        await store(database, *hostile_events())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            answer = await client.get(f"/files/groups/{HOSTILE}/contributors")
            assert answer.status_code == status, answer.text
            if code is not None:
                assert answer.json()["errors"][0]["extensions"]["code"] == code
            described = (await client.get("/openapi.json")).json()["paths"]
            assert file_paths().keys() <= described.keys()
