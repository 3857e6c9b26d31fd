"""The gateway that the contract's tests serve, with worlds in it, and what they lack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.jsonapi_contract.conftest import (  # noqa: F401 (fixtures)
    ours,
    ours_on_postgres,
    ours_on_sqlite,
    served_on_postgres,
)
from tests.jsonapi_contract.sides import Side
from tests.jsonapi_contract.worlds import World, make_world


@pytest.fixture(scope="session")
def worlds() -> dict[tuple[str, str], World]:
    return {}


@pytest.fixture
def world(ours: Side, worlds: dict[tuple[str, str], World]) -> World:  # noqa: F811
    """A hidden group that no test changes."""
    return _shared(ours, worlds, "hidden")


@pytest.fixture
def open_world(ours: Side, worlds: dict[tuple[str, str], World]) -> World:  # noqa: F811
    """A group that shows everything, and that no test changes."""
    return _shared(ours, worlds, "open")


@pytest.fixture
def own_world(ours: Side) -> Iterator[World]:  # noqa: F811
    """A hidden group for one test."""
    return iter([make_world(ours)])


def _shared(side: Side, worlds: dict[tuple[str, str], World], kind: str) -> World:
    if (side.url, kind) not in worlds:
        worlds[side.url, kind] = make_world(side, kind)
    return worlds[side.url, kind]
