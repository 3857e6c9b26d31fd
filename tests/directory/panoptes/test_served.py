"""A server with a Panoptes beside it, asked over HTTP."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx

from tests.directory.panoptes.local import LocalPanoptes
from tests.directory.panoptes.local_routes import CLIENT_ID, CLIENT_SECRET
from tests.server import DEADLINE_SECONDS, serving

QUERY = '{ userGroup(id: "502") { name classifications { totalCount } } }'


def test_a_group_of_panoptes_is_served_and_the_server_stops_in_order(
    tmp_path: Path, panoptes: LocalPanoptes
) -> None:
    settings = {
        "STATS_GATEWAY_PANOPTES_URL": panoptes.url,
        "STATS_GATEWAY_PANOPTES_CLIENT_ID": CLIENT_ID,
        "STATS_GATEWAY_PANOPTES_CLIENT_SECRET": CLIENT_SECRET,
        "STATS_GATEWAY_PANOPTES_TIMEOUT_SECONDS": "60",
    }
    with serving(tmp_path, **settings) as server:
        answer = httpx.post(server.url, json={"query": QUERY}, timeout=60).json()
        assert answer == {
            "data": {"userGroup": {"name": "group-502", "classifications": {"totalCount": 0}}}
        }
        # An answer does not wait until what it shows is stored.
        _wait_for_record(tmp_path / "served.db", 502)
        panoptes.always = 503
        assert httpx.post(server.url, json={"query": QUERY}, timeout=60).json() == answer
        server.stop()
        log = server.log.read_text()
    assert "Application shutdown complete." in log
    assert CLIENT_SECRET not in log


def _wait_for_record(file: Path, group_id: int) -> None:
    """Wait until the database has the group."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT count(*) FROM user_group WHERE id = ?"
        while not connection.execute(query, [group_id]).fetchone()[0]:
            assert time.monotonic() < deadline, "The group was never stored."
            time.sleep(0.05)
