"""A served gateway whose streams are soon heard of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.graphql.live.reading import STREAM_SETTINGS
from tests.server import Server, serving


@pytest.fixture(scope="package")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("live")
    settings = {
        "STATS_GATEWAY_HEARTBEAT_SECONDS": "0.2",
        "STATS_GATEWAY_LIVE_SECONDS": "0.1",
    }
    with serving(folder, **STREAM_SETTINGS, **settings) as server:
        yield server
