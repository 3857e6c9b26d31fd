"""``docs/errors.md`` lists the codes that exist, and says what happens."""

import pkgutil
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import httpx
import pytest

import gateway
from gateway.db.faults import Fault
from gateway.errors import GatewayError, SettingsError, UnreadableFile
from gateway.graphql import masking
from gateway.graphql.endpoint.statuses import STATUSES
from gateway.groups.refusals import RefusalCode
from gateway.rest.jsonapi.errors import REFUSALS as JSONAPI_REFUSALS
from gateway.rest.jsonapi.errors import STATUSES as JSONAPI_STATUSES
from gateway.rest.refused import STATUSES as REST_STATUSES
from resolvers.mutations.user_errors import UserErrorCode
from tests.demo import Demo
from tests.docs.markdown import ROOT, blocks
from tests.server import STATS_GATEWAY, environment

DOCUMENT = ROOT / "docs" / "errors.md"
_FIELDS, REQUEST, COMMAND, DATABASE, JSONAPI = DOCUMENT.read_text().split("\n## ")[1:]
FIELD, _, USER = _FIELDS.partition("\n### User errors\n")


def rows(section: str) -> dict[str, list[str]]:
    """The cells behind each code of a section's table."""
    found = re.findall(r"^\| `(\w+)` \| (.*) \|$", section, re.MULTILINE)
    assert len({code for code, _ in found}) == len(found)
    return {code: re.split(r"(?<!\\) \| ", cells) for code, cells in found}


def errors(base: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """All errors that the service raises on purpose, in every module."""
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        # Migrations are run by Alembic, not imported.
        if ".migrations" not in module.name:
            import_module(module.name)
    waiting = [base]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if "code" in vars(error) and error is not GatewayError:
            yield error


def codes_in_use() -> set[str]:
    masked = {
        masking.PARSE_FAILED,
        masking.VALIDATION_FAILED,
        masking.BAD_USER_INPUT,
        masking.INTERNAL_ERROR,
    }
    return {error.code for error in errors()} | masked | {*STATUSES, *REST_STATUSES}


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    elsewhere = {*rows(JSONAPI)} - {*RefusalCode}
    assert {*rows(FIELD), *rows(REQUEST), *rows(COMMAND), *elsewhere} == codes_in_use()


def test_the_statuses_of_json_api_are_those_of_its_table() -> None:
    refusals = {code.value: status for code, status in JSONAPI_REFUSALS.items()}
    table = {**JSONAPI_STATUSES, **refusals}
    assert {code: int(cells[0]) for code, cells in rows(JSONAPI).items()} == table


def test_every_code_of_user_errors_is_documented_in_the_order_of_the_schema() -> None:
    assert list(rows(USER)) == [code.name for code in UserErrorCode] == [*RefusalCode]


def test_every_fault_of_the_database_is_documented() -> None:
    assert list(rows(DATABASE)) == [fault.code for fault in Fault]


def test_no_error_is_raised_under_a_code_of_a_base() -> None:
    assert {error.code for error in errors()}.isdisjoint({"ERROR", "", None})


def test_requests_that_are_not_executed_have_the_statuses_of_the_table() -> None:
    documented = {code: cells[0] for code, cells in rows(REQUEST).items()}
    assert documented == {
        code: str(both.graphql) if both.graphql == both.json else f"{both.graphql} or {both.json}"
        for code, both in STATUSES.items()
    }


def test_the_stream_answers_with_the_same_statuses() -> None:
    assert {code: STATUSES[code].json for code in REST_STATUSES} == REST_STATUSES


def test_exit_status_of_what_commands_refuse() -> None:
    documented = {code: cells[0] for code, cells in rows(COMMAND).items()}
    misuse = {SettingsError.code, UnreadableFile.code}
    assert {code for code, status in documented.items() if status == "2"} == misuse


def test_a_file_that_cannot_be_read_ends_an_import_with_status_2(tmp_path: Path) -> None:
    result = subprocess.run(
        [STATS_GATEWAY, "import", str(tmp_path / "none.csv")],
        env=environment(tmp_path, {}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("Error: ")


def test_the_answer_that_is_shown_is_what_one_gets(demo: Demo) -> None:
    (shown,) = [block for block in blocks(DOCUMENT) if block.language == "json"]
    query = '{ classifications(range: {start: "2024-02-01", end: "2024-01-01"}) { totalCount } }'
    answer = demo.ask(query)
    answer["errors"][0].pop("locations")
    assert answer == httpx.Response(200, text=shown.text).json()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('user(id: "x") { id }', "INVALID_ARGUMENT"),
        ('user(id: "999") { id }', "NOT_FOUND"),
        ("userGroup(id: 1) { classifications { totalCount } }", "UNAUTHENTICATED"),
        (
            'classifications(range: {start: "1970-01-01"}) '
            "{ buckets(period: DAY, fillGaps: true) { count } }",
            "OUT_OF_BOUNDS",
        ),
    ],
)
def test_a_field_is_null_with_its_code_and_the_rest_answers(
    demo: Demo, arguments: str, code: str
) -> None:
    response = httpx.post(
        demo.server.url,
        json={"query": f"{{ {arguments} other: comments {{ totalCount }} }}"},
        timeout=60,
    )
    answer = response.json()
    assert code in rows(FIELD)
    assert response.status_code == 200
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]
    assert answer["data"]["other"] == {"totalCount": 0}


def test_a_null_variable_for_the_if_of_a_directive_makes_its_field_null(demo: Demo) -> None:
    answer = demo.ask(
        "query Q($shown: Boolean = true) {"
        " comments { totalCount } classifications { totalCount @include(if: $shown) } }",
        {"shown": None},
    )
    assert answer["data"] == {"comments": {"totalCount": 0}, "classifications": None}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert "BAD_USER_INPUT" in rows(FIELD)


@pytest.mark.parametrize(
    ("method", "path", "options", "code"),
    [
        ("POST", "/graphql", {"json": {"query": "{"}}, "GRAPHQL_PARSE_FAILED"),
        ("POST", "/graphql", {"json": {"query": "{ no }"}}, "GRAPHQL_VALIDATION_FAILED"),
        (
            "POST",
            "/graphql",
            {"json": {"query": "query A { __typename }", "operationName": "B"}},
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            "POST",
            "/graphql",
            {"json": {"query": "query A($a: ID!) { user(id: $a) { id } }"}},
            "BAD_USER_INPUT",
        ),
        (
            "POST",
            "/graphql",
            {"json": {"query": '{ comments(range: {start: "x"}) { totalCount } }'}},
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("POST", "/graphql", {"json": []}, "BAD_REQUEST"),
        (
            "POST",
            "/graphql",
            {"json": {"query": "{ __typename }"}, "headers": {"Authorization": "Bearer x"}},
            "UNAUTHENTICATED",
        ),
        ("GET", "/nothing", {}, "NOT_FOUND"),
        ("DELETE", "/graphql", {}, "METHOD_NOT_ALLOWED"),
        ("POST", "/graphql", {"headers": {"Accept": "text/csv"}}, "NOT_ACCEPTABLE"),
        (
            "POST",
            "/graphql",
            {"content": b" " * 1_048_577, "headers": {"Content-Type": "application/json"}},
            "BODY_TOO_LARGE",
        ),
        ("POST", "/graphql", {"content": b"{}"}, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", "/kinesis", {"json": {}}, "FORBIDDEN"),
    ],
)
def test_a_request_that_is_not_executed_has_its_status_and_no_data(
    demo: Demo, method: str, path: str, options: dict, code: str
) -> None:
    accept = {"Accept": "application/graphql-response+json", **options.pop("headers", {})}
    url = demo.server.url.replace("/graphql", path)
    response = httpx.request(method, url, headers=accept, **options)
    status = rows(REQUEST)[code][0]
    assert response.status_code == int(status.split(" or ")[0])
    assert response.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in response.json()
