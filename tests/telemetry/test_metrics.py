"""``docs/metrics.md`` lists what a gateway serves, and the numbers are right."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from starlette.applications import Starlette

from gateway.app import create_app
from gateway.db.read_servers import ReadServers
from gateway.settings import Settings
from gateway.telemetry.configuration import Telemetry
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.metrics_port import metrics_ports, metrics_served
from tests.docs.markdown import ROOT
from tests.server import serving

DOCUMENT = ROOT / "docs" / "metrics.md"
CREDENTIALS = ("stream", "sesame")
#: Labels of a histogram's buckets and of quantiles are Prometheus' own.
OWN = {"le"}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1.2.3")


@pytest.fixture
def app(metrics: Metrics, tmp_path: Path) -> Starlette:
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/counted.db",
        database_connections=3,
        stream_username=CREDENTIALS[0],
        stream_password=CREDENTIALS[1],  # type: ignore[arg-type]  # pydantic wraps it
    )
    return create_app(settings, telemetry=Telemetry(metrics=metrics))


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        yield client


async def ask(client: httpx.AsyncClient, query: str) -> None:
    await client.post("/graphql", json={"query": query})


def rows() -> dict[str, tuple[str, frozenset[str], str]]:
    found = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", DOCUMENT.read_text(), re.M)
    return {
        name: (kind, frozenset(re.findall(r"`(\w+)`", labels)), meaning)
        for name, kind, labels, meaning in found
    } | {
        name: (kind, frozenset(), meaning)
        for name, kind, meaning in re.findall(
            r"^\| `(\w+)` \| (\w+) \| \| (.*) \|$", DOCUMENT.read_text(), re.M
        )
    }


async def test_every_cache_is_told_in_bytes_and_documented(
    client: httpx.AsyncClient, metrics: Metrics
) -> None:
    await ask(client, "query ($id: ID!) { usersByIds(ids: [$id]) { id } }")
    await client.post("/graphql", json={"query": "{ classifications { totalCount } }"})
    told = {
        sample.labels["cache"]: sample.value
        for family in metrics.registry.collect()
        if family.name == "stats_gateway_cache_bytes"
        for sample in family.samples
    }
    assert told.keys() == {
        *("documents", "plans", "variables", "persisted", "compressed", "tokens"),
        *("headers", "statements", "facts", "answers"),
        *("changes", "live"),
    }
    assert all(f"`{name}`" in DOCUMENT.read_text() for name in told)
    for name in ("documents", "plans", "headers", "statements", "facts", "answers"):
        assert told[name] > 0


async def test_every_metric_is_documented_with_its_labels_and_meaning(
    client: httpx.AsyncClient, metrics: Metrics
) -> None:
    await ask(client, "{ classifications { totalCount } }")
    metrics.group_command("join", "changed")
    metrics.sources.servers = ReadServers(["standby"], "primary", 10)
    await client.get("/graphql", headers={"authorization": "Bearer none"})
    served = {
        f"{family.name}_total" if family.type == "counter" else family.name: (
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels) - OWN,
            family.documentation,
        )
        for family in metrics.registry.collect()
    }
    assert {name for name in rows() if name.startswith("stats_")} == {
        name for name in served if name.startswith("stats_")
    }
    assert served == {name: row for name, row in rows().items() if name in served}


async def test_requests_count_by_the_template_of_their_path(
    client: httpx.AsyncClient, metrics: Metrics
) -> None:
    for path in ("/classifications/users/1", "/classifications/users/2", "/made/up", "/else"):
        await client.get(path)
    await client.request("BREW", "/graphql")

    def count(route: str, method: str, status: str) -> float | None:
        labels = {"route": route, "method": method, "status": status}
        return metrics.registry.get_sample_value("stats_gateway_requests_total", labels)

    assert count("/classifications/users/{id}", "GET", "4xx") == 2
    assert count("none", "GET", "4xx") == 2
    assert count("/graphql", "other", "4xx") == 1
    value = metrics.registry.get_sample_value
    assert value("stats_gateway_request_seconds_count", {"route": "none"}) == 2
    assert value("stats_gateway_requests_in_progress") == 0


async def test_operations_count_by_their_result_and_what_they_took(
    client: httpx.AsyncClient, metrics: Metrics
) -> None:
    await ask(client, "{ a: user(id: 1) { id } b: user(id: 2) { id } c: user(id: 2) { id } }")
    await ask(client, "{ __typename }")
    await ask(client, "{ nothing }")
    await ask(client, "{ __typename }")
    await client.get("/graphql", headers={"accept": "text/html"})
    value = metrics.registry.get_sample_value
    results = {
        result: value("stats_gateway_operations_total", {"result": result})
        for result in ("ok", "partial", "refused", "failed")
    }
    assert results == {"ok": 2, "partial": 1, "refused": 1, "failed": None}
    assert value("stats_gateway_operation_statements_count") == 4
    assert value("stats_gateway_operation_statements_sum") == 1
    users = {"loader": "user_record"}
    assert value("stats_gateway_loader_batch_size_count", users) == 1
    assert value("stats_gateway_loader_batch_size_sum", users) == 2
    phases = {
        phase: value("stats_gateway_operation_phase_seconds_count", {"phase": phase})
        for phase in ("parse", "validate", "execute", "serialise")
    }
    assert phases == {"parse": 4, "validate": 4, "execute": 3, "serialise": 4}
    documents = {"cache": "documents"}
    assert value("stats_gateway_cache_hits_total", documents) == 1
    assert value("stats_gateway_cache_misses_total", documents) == 3
    assert value("stats_gateway_cache_entries", documents) == 2


async def test_ingestion_and_the_pool_are_read_when_asked(
    client: httpx.AsyncClient, metrics: Metrics
) -> None:
    event: dict[str, Any] = {
        "source": "panoptes",
        "type": "classification",
        "version": "1.0.0",
        "timestamp": "2024-01-02T03:04:05Z",
        "data": {
            "id": "5",
            "created_at": "2024-01-02T03:04:05.000Z",
            "updated_at": "2024-01-02T03:04:05.000Z",
            "links": {"project": "1", "workflow": "2"},
            "metadata": {},
        },
    }
    broken: dict[str, Any] = {**event, "data": {}}
    odd = {**event, "data": {**event["data"], "id": "6", "metadata": []}}
    body = {"payload": [event, broken, odd]}
    response = await client.post("/kinesis", json=body, auth=CREDENTIALS)
    await client.post("/kinesis", json={"payload": [event]}, auth=CREDENTIALS)
    assert response.status_code == 207
    value = metrics.registry.get_sample_value
    assert value("stats_gateway_ingestion_batches_total") == 2
    events = {
        result: value("stats_gateway_ingestion_events_total", {"result": result})
        for result in ("stored", "unchanged", "replaced", "rejected", "ignored")
    }
    assert events == {"stored": 2, "unchanged": 1, "replaced": 0, "rejected": 1, "ignored": 0}
    left_out = {
        what: value("stats_gateway_ingestion_left_out_total", {"what": what})
        for what in ("groups", "too_many_groups", "session_time", "metadata")
    }
    assert left_out == {"groups": 0, "too_many_groups": 0, "session_time": 0, "metadata": 1}
    assert value("stats_gateway_database_connections") == 3
    assert value("stats_gateway_database_connections_in_use") == 0
    assert value("stats_gateway_build_info", {"version": "1.2.3"}) == 1


def free_ports(count: int) -> range:
    """Neighbouring ports that nobody listens on."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            first: int = probe.getsockname()[1]
        try:
            for port in range(first, first + count):
                socket.create_server(("127.0.0.1", port)).close()
        except (OSError, OverflowError):
            continue
        return range(first, first + count)


def scraped(port: int) -> list[Sample]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return [one for family in text_string_to_metric_families(text) for one in family.samples]


def test_each_worker_serves_its_own_metrics_and_together_they_have_all(tmp_path: Path) -> None:
    ports = free_ports(3)
    settings = {"STATS_GATEWAY_METRICS_PORT": str(ports[0])}
    with serving(tmp_path, "--workers", "2", **settings) as server:
        server.wait_for("Metrics are at http://127.0.0.1:", times=2)
        for _ in range(20):
            httpx.post(server.url, json={"query": "{ __typename }"})
        answered = [
            one.value
            for port in ports[:2]
            for one in scraped(port)
            if one.name == "stats_gateway_operations_total"
        ]
        # The service itself says nothing of them.
        assert httpx.get(server.url.replace("/graphql", "/metrics")).status_code == 404
        server.stop()
    assert sum(answered) == 20


def test_without_a_setting_no_port_is_opened(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.stop()
        assert "Metrics are at" not in server.log.read_text()


def test_a_taken_port_is_left_to_whoever_has_it(caplog: pytest.LogCaptureFixture) -> None:
    registry = Metrics("1").registry
    ports = free_ports(2)
    with (
        socket.create_server(("127.0.0.1", ports[0])),
        metrics_served(registry, "127.0.0.1", ports) as port,
        metrics_served(registry, "127.0.0.1", ports) as none,
    ):
        assert port == ports[1]
        assert none is None
        assert f"No port from {ports[0]} to {ports[1]} is free" in caplog.text
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200
    with metrics_served(registry, "127.0.0.1", ports) as again:
        assert again == ports[0]


@pytest.mark.parametrize(
    ("port", "workers", "expected"),
    [(9464, 1, [9464]), (9464, 2, [9464, 9465, 9466]), (65535, 3, [65535])],
)
def test_several_workers_have_a_port_to_spare(port: int, workers: int, expected: list[int]) -> None:
    assert list(metrics_ports(port, workers)) == expected


async def test_dashboards_find_the_values_of_labels_whatever_code_is_called(
    client: httpx.AsyncClient, metrics: Metrics
) -> None:
    await ask(client, "{ classifications { totalCount } }")
    values: dict[str, set[str]] = {}
    for family in metrics.registry.collect():
        for sample in family.samples:
            for label in {"result", "reason", "what"} & sample.labels.keys():
                values.setdefault(family.name, set()).add(str(sample.labels[label]))
    assert values == {
        "stats_gateway_change_log_reads": {"continued", "failed", "restarted"},
        "stats_gateway_connections_closed": {
            *("gave_way", "no_place", "silent", "slow_body", "slow_head", "slow_reader"),
        },
        "stats_gateway_consistency_tokens": {
            *("ahead", "expired", "invalid", "limited", "new", "primary", "standby"),
            "unavailable",
        },
        "stats_gateway_ingestion_events": {
            *("ignored", "rejected", "replaced", "stored", "unchanged"),
        },
        "stats_gateway_ingestion_left_out": {
            *("groups", "metadata", "session_time", "too_many_groups"),
        },
        "stats_gateway_live_evaluations": {"changed", "failed", "unchanged"},
        "stats_gateway_live_frames": {"overtaken", "sent"},
        "stats_gateway_operations": {"ok"},
    }
