"""A server that stops closes its WebSockets so that clients connect again, and answers first."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.graphql.live.socket_client import LIVE_TOTAL, TOTAL, initialised, opened, total
from tests.server import DEADLINE_SECONDS, Server, serving
from tests.waiting_statements import administrator, until_waiting

STOPPED = (1012, "The server is stopping: connect again.")
LOOKUP = "{ project(id: 1) { slug } }"


async def ended(server: Server) -> int:
    return await asyncio.to_thread(server.process.wait, DEADLINE_SECONDS)


async def test_without_a_time_to_drain_all_sockets_are_closed_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        async with (
            initialised(server) as watching,
            initialised(server) as idle,
            opened(server) as silent,
        ):
            await watching.ask("a", LIVE_TOTAL)
            assert (await watching.hear())["type"] == "next"
            server.process.send_signal(signal.SIGTERM)
            # No `complete`: clients subscribe again, elsewhere.
            with pytest.raises(Exception, match="1012"):
                await watching.hear()
            for socket in (watching, idle, silent):
                assert await socket.closed() == STOPPED
        assert await ended(server) == -signal.SIGTERM
        log = server.log.read_text()
        assert "Application shutdown complete." in log
        assert "Cancel" not in log
        assert "Traceback" not in log


async def test_while_a_server_drains_nobody_connects_and_who_is_there_may_ask(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, STATS_GATEWAY_DRAIN_SECONDS="4") as server:
        async with initialised(server) as watching, initialised(server) as asking:
            await watching.ask("a", LIVE_TOTAL)
            assert (await watching.hear())["type"] == "next"
            server.process.send_signal(signal.SIGTERM)
            server.wait_for_probe("readyz", 503)
            with pytest.raises(InvalidStatus) as refused:
                async with opened(server):
                    pass
            response = refused.value.response
            assert response.status_code == 503
            assert response.headers["retry-after"] == "1"
            assert b'"code":"UNAVAILABLE"' in (response.body or b"")
            assert await asking.answer(TOTAL) == total(0)
            assert await watching.closed() == STOPPED
            assert await asking.closed() == STOPPED
        assert await ended(server) == -signal.SIGTERM
        assert "Traceback" not in server.log.read_text()


async def test_what_is_executed_when_the_server_is_told_to_stop_is_answered_first(
    tmp_path: Path, postgres_url: str
) -> None:
    settings = {
        "STATS_GATEWAY_DATABASE_URL": postgres_url,
        "STATS_GATEWAY_SHUTDOWN_TIMEOUT_SECONDS": "60",
    }
    async with administrator(postgres_url) as admin:
        with serving(tmp_path, **settings) as server:
            async with initialised(server) as socket:
                await socket.ask("live", LIVE_TOTAL)
                assert (await socket.hear())["id"] == "live"
                async with admin.transaction():
                    await admin.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
                    await socket.ask("a", LOOKUP)
                    await until_waiting(admin, 1)
                    server.process.send_signal(signal.SIGTERM)
                    await asyncio.to_thread(server.wait_until_said, "Shutting down")
                    # Nothing more is begun.
                    await socket.ask("b", TOTAL)
                message = await socket.hear()
                assert (message["id"], message["type"]) == ("a", "next")
                assert message["payload"]["errors"][0]["extensions"] == {"code": "NOT_FOUND"}
                assert await socket.hear() == {"id": "a", "type": "complete"}
                assert await socket.closed() == STOPPED
            assert await ended(server) == -signal.SIGTERM


async def test_who_goes_stops_what_is_executed_for_them(tmp_path: Path, postgres_url: str) -> None:
    settings = {
        "STATS_GATEWAY_DATABASE_URL": postgres_url,
        # Neither of them is what stops it.
        "STATS_GATEWAY_DATABASE_TIMEOUT_SECONDS": "600",
        "STATS_GATEWAY_OPERATION_TIMEOUT_SECONDS": "600",
    }
    async with administrator(postgres_url) as admin:
        with serving(tmp_path, **settings) as server:
            async with initialised(server) as socket, admin.transaction():
                await admin.execute("LOCK TABLE project IN ACCESS EXCLUSIVE MODE")
                # By completing it, by closing the socket, and by vanishing.
                await socket.ask("a", LOOKUP)
                await until_waiting(admin, 1)
                await socket.say("complete", id="a")
                await until_waiting(admin, 0)
                for vanish in (False, True):
                    async with initialised(server) as going:
                        await going.ask("a", LOOKUP)
                        await until_waiting(admin, 1)
                        if vanish:
                            going.connection.transport.abort()
                    await until_waiting(admin, 0)
                # Nobody was told anything about what they completed.
                assert await socket.answer(TOTAL) == total(0)
            assert "Traceback" not in server.log.read_text()
