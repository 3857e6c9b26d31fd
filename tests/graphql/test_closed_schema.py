"""A closed schema: whoever is no site admin learns nothing of it from any error."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from graphql import GraphQLObjectType, get_introspection_query, is_introspection_type

from gateway.auth.keys import write_new_keys
from gateway.auth.tokens import issue_token
from resolvers.schema import graphql_schema
from tests.server import Server, serving

ROOT = Path(__file__).parents[2]
#: `.ci/run` makes this environment; another one is named by the variable.
CRAWLER = Path(os.environ.get("CRAWLER_VENV", ROOT / "build" / "crawler-venv")) / "bin" / "python"

DOES_NOT_FIT = {
    "message": "The operation does not fit the schema.",
    "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"},
}
VARIABLES = {
    "message": "The variables do not fit the operation.",
    "extensions": {"code": "BAD_USER_INPUT"},
}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A server, and the token of a site admin."""
    folder = tmp_path_factory.mktemp("closed")
    keys = write_new_keys(folder / "keys")
    expires = datetime.now(UTC) + timedelta(hours=1)
    token = issue_token(keys.private.read_bytes(), 7, "ada", "Ada", True, expires)
    settings = {
        "STATS_GATEWAY_INTROSPECTION": "false",
        "STATS_GATEWAY_JWT_PUBLIC_KEY_FILE": str(keys.public),
    }
    with serving(folder, **settings) as server:
        yield server, token


def ask(server: Server, query: str, token: str | None = None, **variables: object) -> dict:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    body = {"query": query, "variables": variables}
    answer: dict = httpx.post(server.url, json=body, headers=headers).json()
    return answer


INVALID = {
    "unknown field": "{ classificatons { totalCount } }",
    "unknown field below": "{ classifications { totalCont } }",
    "no selection": "{ classifications }",
    "selection of a leaf": "{ classifications { totalCount { x } } }",
    "unknown argument": "{ classifications(filtr: null) { totalCount } }",
    "missing argument": "{ user { id } }",
    "wrong literal": '{ classifications(range: {start: "x"}) { totalCount } }',
    "unknown key": "{ classifications(range: {strt: null}) { totalCount } }",
    "unknown value": "{ classifications { buckets(period: DAYS) { count } } }",
    "unknown type": "query ($f: DateRang) { classifications(range: $f) { totalCount } }",
    "unknown type of a fragment": "{ ... on Quer { me { id } } }",
    "type that does not fit": "{ ... on User { id } }",
    "unknown directive": "{ me @gard { id } }",
    "several errors": "{ a b c { d } ...F }",
    "introspection": get_introspection_query(),
    "a type": '{ __type(name: "User") { name } }',
    "the text": "{ _service { sdl } }",
    "the text in a fragment": "{ ...F } fragment F on Query { x: _service { y: sdl } }",
    "a schema that does not fit": "{ __schema { nothing } }",
}


@pytest.mark.parametrize("query", INVALID.values(), ids=INVALID)
def test_whatever_does_not_fit_is_one_sentence(closed: tuple[Server, str], query: str) -> None:
    assert ask(closed[0], query) == {"errors": [DOES_NOT_FIT]}


@pytest.mark.parametrize("given", [{"start": "x"}, {"strt": None}, {"projectIds": [[]]}, 7, [1, 2]])
def test_variables_that_do_not_fit_are_one_sentence(
    closed: tuple[Server, str], given: object
) -> None:
    query = "query ($f: DateRange) { classifications(range: $f) { totalCount } }"
    assert ask(closed[0], query, f=given) == {"errors": [VARIABLES]}


def test_an_argument_that_may_not_be_null_is_one_sentence(closed: tuple[Server, str]) -> None:
    server, token = closed
    query = "query ($fill: Boolean = true) { classifications { totalCount @skip(if: $fill) } }"
    (error,) = ask(server, query, token, fill=None)["errors"]
    assert error["message"] == "The value of an argument is not valid."


def test_what_was_wrong_is_in_the_log(closed: tuple[Server, str]) -> None:
    server, _ = closed
    ask(server, "{ onlyInTheLog }")
    assert "Cannot query field 'onlyInTheLog'" in server.log.read_text()


def test_operations_that_fit_are_answered(closed: tuple[Server, str]) -> None:
    answer = ask(closed[0], "{ __typename classifications { __typename totalCount } }")
    assert answer["data"] == {
        "__typename": "Query",
        "classifications": {"__typename": "SiteStats", "totalCount": 0},
    }


def test_syntax_errors_tell_where(closed: tuple[Server, str]) -> None:
    (error,) = ask(closed[0], "{ me ")["errors"]
    assert error["extensions"] == {"code": "GRAPHQL_PARSE_FAILED"}
    assert error["locations"] == [{"line": 1, "column": 6}]


@pytest.mark.parametrize("query", ["introspection", "a type", "the text"])
def test_a_site_admin_may_ask_for_the_schema(closed: tuple[Server, str], query: str) -> None:
    server, token = closed
    answer = ask(server, INVALID[query], token)
    assert "errors" not in answer
    assert all(answer["data"].values())


def test_without_suggestions_errors_tell_what_is_wrong_and_propose_nothing(tmp_path: Path) -> None:
    queries = [
        ("{ classificatons { totalCount } }", {}),
        ("{ classifications(filtr: null) { totalCount } }", {}),
        ("query ($f: DateRange) { classifications(range: $f) { totalCount } }", {"strt": "x"}),
        ("{ classifications { buckets(period: DAYS) { count } } }", {}),
    ]
    with serving(tmp_path, STATS_GATEWAY_SUGGESTIONS="false") as server:
        said = [ask(server, query, f=given)["errors"][0]["message"] for query, given in queries]
        schema = ask(server, "{ __schema { queryType { name } } }")
    assert schema["data"] == {"__schema": {"queryType": {"name": "Query"}}}
    assert not [message for message in said if "Did you mean" in message]
    assert "Cannot query field 'classificatons' on type 'Query'." in said


def names() -> set[str]:
    """What a crawler could find: every field and argument."""
    found = set()
    for kind in graphql_schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not is_introspection_type(kind):
            found.update(kind.fields)
            found.update(name for field in kind.fields.values() for name in field.args)
    return {name for name in found if re.fullmatch(r"[a-zA-Z]\w+", name)}


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A list of words for the crawler, all our names among them."""
    file = tmp_path / "words.txt"
    file.write_text("\n".join(sorted(names() | {"login", "search", "orders", "viewer", "node"})))
    return file


def crawl(url: str, words: Path) -> set[str]:
    """The fields and arguments that clairvoyance recovers; none if it gives up."""
    if not CRAWLER.exists():
        missing = "The crawler clairvoyance is not installed: .ci/run does it."
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)
    output = words.with_name("found.json")
    result = subprocess.run(
        [CRAWLER, "-m", "clairvoyance", url, "-w", str(words), "-o", str(output), "-c", "4"],
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "PYTHONPATH": ""},
    )
    said = result.stdout + result.stderr
    if not output.exists():
        assert result.returncode != 0, said
        return set()
    found = set()
    for kind in json.loads(output.read_text())["data"]["__schema"]["types"]:
        for field in kind.get("fields") or ():
            found.add(field["name"])
            found.update(argument["name"] for argument in field["args"])
    return found & names()


def test_the_crawler_learns_nothing_of_a_closed_schema(
    closed: tuple[Server, str], words: Path
) -> None:
    assert crawl(closed[0].url, words) == set()


def test_the_crawler_finds_an_open_schema(tmp_path: Path, words: Path) -> None:
    """Else it would find nothing in a closed one because it cannot find anything."""
    with serving(tmp_path) as server:
        found = crawl(server.url, words)
    assert {"classifications", "userGroupsByIds", "totalCount"} <= found
