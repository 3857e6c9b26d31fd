"""Spans of a request, its operation, phases, batches and statements."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from gateway.app import create_app
from gateway.settings import Settings
from gateway.telemetry.configuration import Telemetry
from gateway.telemetry.tracing import Tracing
from tests.graphql.live.reading import EVENTS, TOTAL, events, subscribed
from tests.server import serving
from tests.telemetry.receiver import receiving

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
QUERY = "query Two($id: ID!) { user(id: $id) { id } classifications { totalCount } }"
BODY = {"query": QUERY, "variables": {"id": "535353"}}


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def client(
    exporter: InMemorySpanExporter, database_url: str
) -> AsyncIterator[httpx.AsyncClient]:
    tracing = Tracing(SimpleSpanProcessor(exporter), "1")
    app = create_app(Settings(database_url=database_url), telemetry=Telemetry(tracing=tracing))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        yield client


def by_name(exporter: InMemorySpanExporter) -> dict[str, list[ReadableSpan]]:
    spans: dict[str, list[ReadableSpan]] = {}
    for span in exporter.get_finished_spans():
        spans.setdefault(span.name, []).append(span)
    return spans


def parent_of(span: ReadableSpan, exporter: InMemorySpanExporter) -> str | None:
    assert span.parent is not None
    for other in exporter.get_finished_spans():
        if other.context.span_id == span.parent.span_id:
            return other.name
    return None


async def test_a_request_is_a_tree_of_spans_in_the_senders_trace(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    response = await client.post("/graphql", json=BODY, headers=TRACEPARENT)
    assert response.status_code == 200
    spans = by_name(exporter)
    assert {name: len(some) for name, some in spans.items()} == {
        "POST /graphql": 1,
        "GraphQL operation": 1,
        "parse": 1,
        "validate": 1,
        "execute": 1,
        "serialise": 1,
        "load": 1,
        "SQL": 1,
    }
    assert {format(one.context.trace_id, "032x") for some in spans.values() for one in some} == {
        TRACE
    }
    (request,) = spans.pop("POST /graphql")
    assert request.parent is not None
    assert format(request.parent.span_id, "016x") == PARENT
    parents = {name: {parent_of(span, exporter) for span in some} for name, some in spans.items()}
    assert parents.pop("SQL") == {"load"}
    assert parents.pop("GraphQL operation") == {"POST /graphql"}
    assert parents == {name: {"GraphQL operation"} for name in parents}


async def test_spans_tell_what_the_record_tells_and_no_values(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter, database_url: str
) -> None:
    await client.post("/graphql", json=BODY, headers={"x-request-id": "asked-1"})
    spans = by_name(exporter)
    request = dict(spans["POST /graphql"][0].attributes or {})
    operation = dict(spans["GraphQL operation"][0].attributes or {})
    assert request == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "stats_gateway.request_id": "asked-1",
    }
    assert operation.pop("graphql.document.id") is not None
    assert operation == {
        "graphql.operation.name": "Two",
        "stats_gateway.viewer": "anonymous",
        "stats_gateway.cost": 3,
        "stats_gateway.statements": 1,
    }
    assert dict(spans["load"][0].attributes or {}) == {"stats_gateway.wave_size": 2}
    for span in spans["SQL"]:
        statement = dict(span.attributes or {})
        assert statement["db.system.name"] == database_url.partition(":")[0]
        assert "SELECT " in str(statement["db.query.text"])
    told = " ".join(span.to_json() for some in spans.values() for span in some)
    assert "535353" not in told


async def test_phases_lie_within_their_request(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    await client.post("/graphql", json=BODY)
    spans = by_name(exporter)
    phases = [spans[name][0] for name in ("parse", "validate", "execute", "serialise")]
    ends = [(span.start_time or 0, span.end_time or 0) for span in phases]
    assert ends == sorted(ends)
    assert all(start <= end for start, end in ends)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_the_clients_fault_is_no_error_of_the_request(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    await client.post("/graphql", json={"query": "{ nothing }"})
    await client.get("/nowhere")
    statuses = {span.name: span.status.status_code for span in exporter.get_finished_spans()}
    assert statuses["POST /graphql"] is StatusCode.UNSET
    assert statuses["GET"] is StatusCode.UNSET


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_broken_traceparent_begins_a_trace(
    client: httpx.AsyncClient, exporter: InMemorySpanExporter
) -> None:
    await client.get("/livez", headers={"traceparent": "00-nonsense"})
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.parent) == ("GET /livez", None)


def test_spans_are_sent_to_where_the_environment_says(tmp_path: Path) -> None:
    with receiving() as receiver:
        settings = {
            "STATS_GATEWAY_TRACES": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "NO_PROXY": "127.0.0.1",
        }
        with serving(tmp_path, **settings) as server:
            response = httpx.post(server.url, json=BODY, headers=TRACEPARENT)
            assert response.status_code == 200
            span = receiver.wait_for("POST /graphql")
            # What was not sent yet is sent at the end.
            httpx.get(server.url.replace("/graphql", "/livez"))
            server.stop()
        assert span.trace_id.hex() == TRACE
        assert "GET /livez" in [one.name for one in receiver.spans]
        resource = {
            one.key: one.value.string_value for one in receiver.resources[0].resource.attributes
        }
        assert resource["service.name"] == "stats-gateway"
        assert f'"trace_id":"{TRACE}"' in server.log.read_text()


def test_spans_of_a_stream_end_when_it_is_open(tmp_path: Path) -> None:
    with receiving() as receiver:
        settings = {
            "STATS_GATEWAY_TRACES": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_BSP_SCHEDULE_DELAY": "50",
            "NO_PROXY": "127.0.0.1",
        }
        with serving(tmp_path, **settings) as server:
            with subscribed(server, EVENTS, TOTAL.replace("{", "Total {", 1), **TRACEPARENT) as it:
                stream = events(it)  # whose end is the end of the response
                assert next(stream).name == "next"
                request = receiver.wait_for("POST /graphql")
                operation = receiver.wait_for("GraphQL operation")
                assert '"frames":' not in server.log.read_text()
            server.wait_until_said('"frames":1')
    assert request.trace_id.hex() == operation.trace_id.hex() == TRACE
    attributes = {one.key: one.value for one in request.attributes}
    assert attributes["http.route"].string_value == "/graphql"
    assert attributes["http.response.status_code"].int_value == 200


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def test_without_traces_nothing_of_opentelemetry_is_loaded(tmp_path: Path) -> None:
    result = run(
        "import sys\n"
        "from gateway.app import create_app\n"
        "from gateway.settings import Settings\n"
        "from gateway.telemetry.configuration import configured_telemetry\n"
        f"settings = Settings(database_url='sqlite:///{tmp_path}/a.db', metrics_port=9464)\n"
        "create_app(settings, telemetry=configured_telemetry(settings, '1'))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")


def test_a_missing_package_is_one_sentence() -> None:
    result = run(
        "import sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "from gateway.cli import main\n"
        "from os import environ\n"
        "environ['STATS_GATEWAY_TRACES'] = 'true'\n"
        "main(['serve', '--port', '0'])"
    )
    assert result.returncode == 2
    assert result.stderr == (
        "Error: STATS_GATEWAY_TRACES needs two more packages: run pip install opentelemetry-sdk"
        " opentelemetry-exporter-otlp-proto-http.\n"
    )
