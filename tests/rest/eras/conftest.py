"""The recorded events behind a real server, over each database in turn, for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rest.eras.served import Gateway, new_database, served


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("served")
    if request.param == "sqlite":
        with served(folder, f"sqlite:///{folder}/stats.db") as gateway:
            yield gateway
    else:
        server: str = request.getfixturevalue("postgres_server")
        with new_database(server) as url, served(folder, url) as gateway:
            yield gateway
