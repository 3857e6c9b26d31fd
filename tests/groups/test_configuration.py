"""Settings of group life."""

import pytest

from gateway.db.instants import system_clock
from gateway.directory.panoptes.configuration import configured_panoptes
from gateway.errors import SettingsError
from gateway.settings import load_settings


def test_two_authorities_exclude_each_other() -> None:
    settings = load_settings(groups="own", panoptes_url="https://panoptes.example")

    with pytest.raises(SettingsError, match=r"STATS_GATEWAY_GROUPS=own .* STATS_GATEWAY_PANOPTES"):
        configured_panoptes(settings, system_clock, 1)


def test_the_gateway_is_no_authority_unless_it_is_told_so() -> None:
    assert load_settings().groups == "off"
    assert configured_panoptes(load_settings(groups="own"), system_clock, 1) is None
