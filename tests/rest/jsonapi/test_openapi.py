"""The description of groups and memberships, checked by schemathesis against a served gateway."""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import GenerationMode

from gateway.groups.refusals import RefusalCode
from gateway.rest.jsonapi.description import jsonapi_paths
from gateway.rest.jsonapi.errors import REFUSALS, STATUSES
from gateway.rest.jsonapi.routes import RESOURCES
from tests.jsonapi_contract.sides import SITE_ADMIN, Side
from tests.rest.test_openapi import CHECKS, EXAMPLES
from tests.sampled import examples

PATHS: dict[str, Any] = jsonapi_paths()
OPERATIONS = [(path, method) for path, methods in PATHS.items() for method in methods]
FEW = settings(EXAMPLES, max_examples=examples(25))
#: Said of all at once, or of whoever takes no JSON: no path describes them.
ELSEWHERE = {500, 501}
#: Goals have no route here.
OF_GOALS = {RefusalCode.GOAL_INVALID, RefusalCode.METRIC_UNAVAILABLE}


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(
    ours_on_sqlite: Side, path: str, method: str, mode: GenerationMode
) -> None:
    side = ours_on_sqlite
    described = schemathesis.openapi.from_url(f"{side.url}/openapi.json")
    headers = {"Authorization": f"Bearer {side.token_of(SITE_ADMIN, admin=True)}"}

    @FEW
    @given(case=described[path][method].as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case) -> None:
        response = case.call(base_url=side.url, headers=headers)
        case.validate_response(response, checks=CHECKS)

    ask()


def test_every_path_is_described_with_the_parameters_that_are_read() -> None:
    assert [*PATHS] == [resource.path for resource in RESOURCES]
    for resource in RESOURCES:
        for method, operation in PATHS[resource.path].items():
            places = {(one["in"], one["name"]) for one in operation["parameters"]}
            in_path = {("path", name) for name in re.findall(r"{(\w+)}", resource.path)}
            assert in_path <= places
            if method == "get":
                assert {("query", name) for name in resource.filters} <= places


def test_every_status_of_the_table_is_described() -> None:
    described = {
        int(status)
        for methods in PATHS.values()
        for operation in methods.values()
        for status in operation["responses"]
    }
    known = {*STATUSES.values(), *REFUSALS.values()} - ELSEWHERE
    assert {one for one in described if one >= 400} == known
    assert {*REFUSALS} == {*RefusalCode} - OF_GOALS
    assert 408 not in {*STATUSES.values(), *described}
