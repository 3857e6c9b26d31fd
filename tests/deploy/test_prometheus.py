"""The alerts and the dashboard: what promtool says, and that a gateway serves what they read."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.files import DEPLOY
from tests.deploy.programs import installed
from tests.server import serving
from tests.telemetry.test_metrics import DOCUMENT, free_ports

ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "stats-gateway.json").read_text())
#: What Prometheus itself says of a target.
OF_PROMETHEUS = {"up"}
SUFFIXES = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}


def panels() -> Iterator[dict[str, Any]]:
    for panel in DASHBOARD["panels"]:
        if panel["type"] != "row":
            yield panel


def expressions() -> dict[str, str]:
    """Each expression by where it stands, with values for Grafana's variables."""
    found = {
        rule["alert"]: rule["expr"]
        for group in yaml.safe_load(ALERTS.read_text())["groups"]
        for rule in group["rules"]
    }
    for panel in panels():
        for target in panel["targets"]:
            shown = (
                target["expr"].replace("$__rate_interval", "5m").replace("$job", "stats-gateway")
            )
            found[f"{panel['title']} {target['refId']}"] = shown
    return found


def promtool(*arguments: str | Path) -> None:
    done = subprocess.run(
        [installed("promtool", "prometheus"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_fire_when_they_should() -> None:
    promtool("test", "rules", ALERTS.with_name("alerts.test.yaml"))


def test_every_expression_is_one(tmp_path: Path) -> None:
    rules = [
        {"record": f"expression_{number}", "expr": text}
        for number, text in enumerate(expressions().values())
    ]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": rules}]}))
    promtool("check", "rules", ALERTS, file)


def test_every_metric_that_they_read_is_served(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    with serving(tmp_path, STATS_GATEWAY_METRICS_PORT=str(port)) as server:
        httpx.post(server.url, json={"query": "{ __typename }"}, timeout=60)
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text
    served = {
        family.name + suffix
        for family in text_string_to_metric_families(text)
        for suffix in SUFFIXES[family.type]
    }
    read = {
        where: set(re.findall(r"\b(?:stats_gateway|process|python)_\w+|\bup\b", without_texts(one)))
        for where, one in expressions().items()
    }
    assert all(read.values())
    assert {
        where: sorted(names - served - OF_PROMETHEUS)
        for where, names in read.items()
        if names - served - OF_PROMETHEUS
    } == {}


def test_every_value_of_a_label_that_they_choose_is_documented() -> None:
    chosen = {
        value
        for one in expressions().values()
        for values in re.findall(r'(?:result|reason|status|route)=~?"([^"]+)"', one)
        for value in values.split("|")
    }
    assert chosen
    assert [value for value in chosen if f"`{value}`" not in documented()] == []


def documented() -> str:
    # The class of a status is explained by an example of another.
    return DOCUMENT.read_text().replace("`2xx`", "`2xx` `5xx`") + " `/graphql` "


def without_texts(expression: str) -> str:
    """The expression without what is a label or a text."""
    return re.sub(r'"[^"]*"|by \([^)]*\)', "", expression)


def test_panels_have_each_an_id_and_a_place_of_their_own() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    places = [tuple(panel["gridPos"].values()) for panel in DASHBOARD["panels"]]

    assert len(set(ids)) == len(ids)
    assert len(set(places)) == len(places)
