"""Both servers, the gateway on each database, one of each for all tests of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import made_database
from tests.jsonapi_contract.sides import Side, forwarding_side, our_side, panoptes_side
from tests.jsonapi_contract.worlds import World, make_world

#: A world of a kind that no test changes.
SharedWorld = Callable[[str], World]

#: More than a day's worth, from one person.
UNLIMITED = {
    "STATS_GATEWAY_GROUPS_PER_DAY": "100000",
    "STATS_GATEWAY_GROUPS_PER_VOLUNTEER": "100000",
    "STATS_GATEWAY_INVITATIONS_PER_DAY": "100000",
    "STATS_GATEWAY_GROUP_CHANGES_PER_DAY": "100000",
}


@pytest.fixture(scope="session")
def served_on_postgres(postgres_server: str) -> Iterator[str]:
    """The URL of a database that outlives single tests."""
    with made_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def panoptes_itself() -> Iterator[Side]:
    with panoptes_side() as side:
        yield side


@pytest.fixture(scope="session")
def ours_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    folder = tmp_path_factory.mktemp("contract")
    with our_side(folder, f"sqlite:///{folder}/served.db", **UNLIMITED) as side:
        yield side


@pytest.fixture(scope="session")
def ours_on_postgres(
    tmp_path_factory: pytest.TempPathFactory, served_on_postgres: str
) -> Iterator[Side]:
    with our_side(tmp_path_factory.mktemp("contract"), served_on_postgres, **UNLIMITED) as side:
        yield side


@pytest.fixture(scope="session")
def ours_beside_panoptes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    """The gateway that changes groups at a Panoptes, with the tokens of people."""
    folder = tmp_path_factory.mktemp("contract")
    with forwarding_side(folder, f"sqlite:///{folder}/served.db", **UNLIMITED) as side:
        yield side


@pytest.fixture(
    params=["panoptes_itself", "ours_on_sqlite", "ours_on_postgres", "ours_beside_panoptes"]
)
def side(request: pytest.FixtureRequest) -> Side:
    """Each server in turn."""
    found: Side = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["ours_on_sqlite", "ours_on_postgres"])
def ours(request: pytest.FixtureRequest) -> Side:
    """The gateway alone, on each database in turn."""
    found: Side = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def shared_worlds() -> dict[tuple[str, str], World]:
    return {}


@pytest.fixture
def shared_world(side: Side, shared_worlds: dict[tuple[str, str], World]) -> SharedWorld:
    def shared(kind: str) -> World:
        if (side.url, kind) not in shared_worlds:
            shared_worlds[side.url, kind] = make_world(side, kind)
        return shared_worlds[side.url, kind]

    return shared
