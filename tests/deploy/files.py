"""The examples of ``deploy/`` and ``docker/`` as the tests read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE = ROOT / "docker" / "compose.yaml"
UNIT = DEPLOY / "systemd" / "stats-gateway.service"


def manifests() -> dict[str, Any]:
    """The Kubernetes manifests by their kind."""
    found: dict[str, Any] = {}
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        for manifest in yaml.safe_load_all(path.read_text()):
            assert manifest["kind"] not in found
            found[manifest["kind"]] = manifest
    return found


def unit_options() -> dict[str, list[str]]:
    """The options of the systemd unit; one that stands there twice has two values."""
    options: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            options.setdefault(name, []).append(value)
    return options
