"""The OpenAPI description, checked by schemathesis against a server, and against the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.files.description import file_paths
from gateway.rest.eras import parameters
from gateway.rest.eras.parameters import Parameter
from gateway.rest.eras.routes import RESOURCES
from gateway.rest.jsonapi import routes as jsonapi
from gateway.rest.openapi import describe
from gateway.rest.sentence import STATUSES
from gateway.rest.stream_description import PATH as STREAM_PATH
from tests.rest.eras.served import STREAM, Gateway, served
from tests.sampled import examples

PATHS: dict[str, Any] = describe("0")["paths"]
#: Which is asked in ``tests/rest/jsonapi``: it is written to.
JSONAPI = {resource.path for resource in jsonapi.RESOURCES}
#: An operation without parameters and body cannot be asked wrongly.
ASKED = [
    (path, method, mode)
    for path, methods in PATHS.items()
    if path not in JSONAPI
    for method, operation in methods.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & operation.keys()
]
#: Ids that have something to answer.
KNOWN = {"/classifications/users/{id}": 1003, "/classifications/user_groups/{id}": 501}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = settings(
    max_examples=examples(100),
    deadline=None,
    database=None,
    derandomize=True,
    # Whatever is found is shown as found: shrinking would ask the server for minutes.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("served")
    with served(folder, f"sqlite:///{folder}/stats.db") as gateway:
        yield gateway


@pytest.mark.parametrize(("path", "method", "mode"), ASKED)
def test_every_answer_is_as_described(
    gateway: Gateway, path: str, method: str, mode: GenerationMode
) -> None:
    url = str(gateway.client.base_url)
    described = schemathesis.openapi.from_url(f"{url}/openapi.json")
    statuses = set()

    @EXAMPLES
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        if mode is GenerationMode.POSITIVE and path in KNOWN:
            case.path_parameters = {"id": KNOWN[path]}
        credentials: dict[str, Any] = {"headers": gateway.headers("admin")}
        if path == STREAM_PATH:
            credentials = {"auth": STREAM}
        response = case.call(base_url=url, **credentials)
        case.validate_response(response, checks=CHECKS)
        statuses.add(response.status_code)

    ask()
    if mode is GenerationMode.POSITIVE:
        assert statuses & {200, 204, 308, 409}


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.path)
def test_a_path_is_described_with_the_parameters_that_are_read(resource: Any) -> None:
    operation = PATHS[resource.path]["get"]
    given = {one["name"] for one in operation["parameters"] if one["in"] == "query"}
    in_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}

    assert given == {parameter.name for parameter in resource.parameters}
    assert in_path == set(re.findall(r"{(\w+)}", resource.path))


def test_every_parameter_belongs_to_a_resource() -> None:
    known = [one for one in vars(parameters).values() if isinstance(one, Parameter)]
    used = {id(one) for resource in RESOURCES for one in resource.parameters}

    assert [one.name for one in known if id(one) not in used] == ["id"]


def test_every_status_of_a_refusal_is_described() -> None:
    described = {
        int(status)
        for path, methods in PATHS.items()
        if "get" in methods and path not in JSONAPI
        for operation in methods.values()
        for status in operation["responses"]
    }

    assert described - {200, 308, 410} == set(STATUSES.values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_description_is_served_as_json(client: httpx.AsyncClient) -> None:
    response = await client.get("/openapi.json")

    assert response.headers["content-type"] == "application/json"
    assert response.json()["openapi"] == "3.1.0"
    assert [*response.json()["paths"]] == [*PATHS, *file_paths()]
