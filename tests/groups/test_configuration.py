"""Settings of group life."""

import pytest

from gateway.db import Database
from gateway.db.instants import system_clock
from gateway.directory.panoptes.configuration import (
    configured_live_directory,
    configured_panoptes,
)
from gateway.errors import SettingsError
from gateway.groups.configuration import configured_home
from gateway.groups.panoptes.remote_groups import PanoptesGroups
from gateway.settings import load_settings


def test_two_authorities_exclude_each_other() -> None:
    settings = load_settings(groups="own", panoptes_url="https://panoptes.example")

    with pytest.raises(SettingsError, match=r"STATS_GATEWAY_GROUPS=own .* STATS_GATEWAY_PANOPTES"):
        configured_panoptes(settings, system_clock, 1)


PANOPTES = {
    "groups": "panoptes",
    "panoptes_url": "https://panoptes.example",
    "panoptes_client_id": "the-gateway",
    "panoptes_client_secret": "hush",
}


async def home(database: Database, **changed: str | None) -> PanoptesGroups | None:
    """Where groups are changed by these settings, some of which are others."""
    given = {name: value for name, value in {**PANOPTES, **changed}.items() if value is not None}
    settings = load_settings(**given)
    live = configured_live_directory(settings, database, system_clock)
    return configured_home(settings, database, live, system_clock)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"panoptes_url": None}, "needs STATS_GATEWAY_PANOPTES_URL"),
        (
            {"panoptes_client_id": None, "panoptes_client_secret": None},
            "needs STATS_GATEWAY_PANOPTES_CLIENT_ID",
        ),
        ({"jwt_id_claim": "sub"}, "STATS_GATEWAY_JWT_ID_CLAIM must be as Panoptes has it"),
        ({"jwt_scope_claim": "scope"}, "STATS_GATEWAY_JWT_SCOPE_CLAIM must be"),
    ],
)
async def test_panoptes_as_the_home_needs_its_settings(
    database: Database, changed: dict[str, str | None], told: str
) -> None:
    with pytest.raises(SettingsError, match=told):
        await home(database, **changed)


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://panoptes.example", True),
        ("http://127.0.0.1:3000", True),
        ("http://[::1]:3000", True),
        ("http://localhost:3000", True),
        ("http://panoptes.example", False),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://10.0.0.1", False),
    ],
)
async def test_tokens_are_sent_in_the_open_to_this_machine_alone(
    database: Database, url: str, is_taken: bool
) -> None:
    if is_taken:
        assert await home(database, panoptes_url=url) is not None
    else:
        with pytest.raises(SettingsError, match="must begin with https://"):
            await home(database, panoptes_url=url)


async def test_without_that_groups_have_no_other_home(database: Database) -> None:
    for mode in ("off", "own"):
        assert await home(database, groups=mode, panoptes_url=None) is None


def test_the_gateway_is_no_authority_unless_it_is_told_so() -> None:
    assert load_settings().groups == "off"
    assert configured_panoptes(load_settings(groups="own"), system_clock, 1) is None
