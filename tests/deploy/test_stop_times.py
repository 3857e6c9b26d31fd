"""Whoever stops a gateway waits for longer than it may take to drain and to shut down."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import yaml

from gateway.settings import PREFIX, Settings
from tests.deploy.files import COMPOSE, manifests, unit_options

#: For what comes after: notes of API keys, spans, closing the database.
LEAST_MARGIN_SECONDS = 10
UNITS = {"s": 1, "m": 60}


def longest_stop(given: Mapping[str, str]) -> float:
    """How long a gateway with these settings may take until it closes its database."""

    def seconds(name: str) -> float:
        return float(given.get(f"{PREFIX}{name.upper()}", Settings.model_fields[name].default))

    return seconds("drain_seconds") + seconds("shutdown_timeout_seconds")


def of_compose() -> tuple[float, Mapping[str, str]]:
    service = yaml.safe_load(COMPOSE.read_text())["services"]["gateway"]
    number, unit = re.fullmatch(r"(\d+)([sm])", service["stop_grace_period"]).groups()  # type: ignore[union-attr]  # it fails if there is none
    return int(number) * UNITS[unit], service["environment"]


def of_kubernetes() -> tuple[float, Mapping[str, str]]:
    found = manifests()
    pod = found["Deployment"]["spec"]["template"]["spec"]
    return pod["terminationGracePeriodSeconds"], found["ConfigMap"]["data"]


def of_systemd() -> tuple[float, Mapping[str, str]]:
    options = unit_options()
    settings = dict(one.split("=", 1) for one in options["Environment"])
    return float(options["TimeoutStopSec"][0]), settings


@pytest.mark.parametrize("example", [of_compose, of_kubernetes, of_systemd])
def test_the_time_to_stop_is_longer_than_drain_and_shutdown_together(example) -> None:  # type: ignore[no-untyped-def]
    waited, settings = example()

    assert waited >= longest_stop(settings) + LEAST_MARGIN_SECONDS
