"""Every malformed request is refused: 4xx, JSON, a list of errors with a code, and no data."""

from typing import Any

import httpx
import orjson
import pytest
from starlette.requests import Request

from gateway.graphql.documents.request import GraphQLRequest, read_post
from gateway.http.refusals import BadRequest
from tests.graphql.conftest import BODY_LIMIT, URL

JSON = {"content-type": "application/json"}
GREETING = b'{"query": "{ greeting }"}'

MALFORMED = {
    "empty": b"",
    "no JSON": b"{",
    "text after the JSON": b'{"query": "{ greeting }"} and more',
    "invalid UTF-8": b'{"query": "{ greeting(name: \\"\xff\\") }"}',
    "UTF-16": '{"query": "{ greeting }"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + GREETING,
    "half a surrogate pair": b'{"query": "{ greeting(name: \\"\\ud800\\") }"}',
    "null": b"null",
    "number": b"7",
    "string": b'"{ greeting }"',
    "batch": b'[{"query": "{ greeting }"}]',
    "batch of numbers": b"[1, 2]",
    "empty batch": b"[]",
    "no query": b"{}",
    "query is null": b'{"query": null}',
    "query is empty": b'{"query": ""}',
    "query is a number": b'{"query": 1}',
    "query is a list": b'{"query": ["{ greeting }"]}',
    "variables are a string": b'{"query": "{ greeting }", "variables": "{}"}',
    "variables are a list": b'{"query": "{ greeting }", "variables": []}',
    "variables are false": b'{"query": "{ greeting }", "variables": false}',
    "operationName is a number": b'{"query": "{ greeting }", "operationName": 0}',
    "operationName is false": b'{"query": "{ greeting }", "operationName": false}',
    "extensions are a list": b'{"query": "{ greeting }", "extensions": [1]}',
    "NaN": b'{"query": "{ greeting }", "variables": {"x": NaN}}',
    "infinity": b'{"query": "{ greeting }", "variables": {"x": 1e999}}',
    "65 bits": b'{"query": "{ greeting }", "variables": {"x": [{"y": 18446744073709551616}]}}',
    "5,000 digits": b'{"query": "{ greeting }", "variables": {"x": ' + b"1" * 5000 + b"}}",
    "NaN alone": b"NaN",
    "query of 5,000 digits": b'{"query": ' + b"7" * 5000 + b"}",
    "operationName is an object": b'{"query": "{ greeting }", "operationName": {}}',
    "extensions are a string": b'{"query": "{ greeting }", "extensions": "{}"}',
    "infinity by name": b'{"query": "{ greeting }", "variables": {"x": -Infinity}}',
    "65 bits below zero": b'{"query": "{ greeting }", "variables": {"x": -18446744073709551617}}',
    "NaN in extensions": b'{"query": "{ greeting }", "extensions": {"x": NaN}}',
    "5,000 digits in extensions": b'{"query": "{ greeting }", "extensions": {"x": '
    + b"1" * 5000
    + b"}}",
    "deep list": b"[" * 2000 + b"]" * 2000,
    "deep variables": b'{"query": "{ greeting }", "variables": {"x": '
    + b"[" * 1100
    + b"]" * 1100
    + b"}}",
    "deep extensions": b'{"query": "{ greeting }", "extensions": '
    + b'{"x":' * 1100
    + b"0"
    + b"}" * 1101,
}

#: What stands in variables or extensions of a query string, as they are written in a URL.
MALFORMED_TEXTS = {
    "invalid UTF-8": "%7B%22x%22%3A%22%FF%22%7D",
    "no JSON": "%7B",
    "text after the JSON": "%7B%7D%7B%7D",
    "null's neighbour": "nul",
    "a list": "[]",
    "a number": "7",
    "a string": "%22x%22",
    "false": "false",
    "NaN": '{"x":NaN}',
    "infinity": '{"x":1e999}',
    "65 bits": '{"x":18446744073709551616}',
    "5,000 digits": '{"x":' + "1" * 5000 + "}",
    "300 deep": '{"x":' + "[" * 300 + "]" * 300 + "}",
    "100,000 deep": "[" * 100_000 + "]" * 100_000,
    "100,000 deep objects": '{"x":' * 100_000 + "0" + "}" * 100_000,
}


def _is_refusal(response, status, code):
    assert response.status_code == status
    assert response.headers["content-type"] in (
        "application/json; charset=utf-8",
        "application/graphql-response+json; charset=utf-8",
    )
    body = orjson.loads(response.content)
    assert list(body) == ["errors"]
    assert [error["extensions"]["code"] for error in body["errors"]] == [code]
    assert body["errors"][0]["message"].endswith(".")


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
async def test_malformed_body_is_400(client, body, accept):
    response = await client.post(URL, content=body, headers={**JSON, "accept": accept})
    _is_refusal(response, 400, "BAD_REQUEST")


@pytest.mark.parametrize("open_", [b"[", b'{"query":'], ids=["lists", "objects"])
async def test_json_of_100_000_levels_is_400(endpoint, client_of, open_):
    wide = endpoint()
    wide._body_limit = 2_000_000
    client = await client_of(wide)
    response = await client.post(URL, content=open_ * 100_000, headers=JSON)
    _is_refusal(response, 400, "BAD_REQUEST")


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("text", MALFORMED_TEXTS.values(), ids=MALFORMED_TEXTS)
async def test_malformed_part_of_a_query_string_is_400(endpoint, name, text):
    """The application itself is asked: clients refuse to send URLs as long as these."""
    query = f"query=%7Bgreeting%7D&{name}={text}"
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/graphql",
        "query_string": query.encode(),
        "headers": [(b"accept", b"application/json")],
        "client": ("127.0.0.1", 1),
    }
    await endpoint()(scope, receive, send)
    response = httpx.Response(
        sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"]
    )
    _is_refusal(response, 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/graphql"},
        {"content-type": "application/json; charset=latin1"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_body_that_is_not_declared_as_json_in_utf_8_is_415(client, headers):
    response = await client.post(URL, content=GREETING, headers=headers)
    _is_refusal(response, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_body_of_exactly_the_limit_is_read(client):
    body = GREETING.ljust(BODY_LIMIT)
    response = await client.post(URL, content=body, headers=JSON)
    assert response.json() == {"data": {"greeting": "Hello you!"}}


async def test_body_one_byte_beyond_the_limit_is_413(client):
    body = GREETING.ljust(BODY_LIMIT + 1)
    response = await client.post(URL, content=body, headers=JSON)
    _is_refusal(response, 413, "BODY_TOO_LARGE")
    assert response.json()["errors"][0]["extensions"]["limit"] == BODY_LIMIT


async def test_body_that_outgrows_the_limit_while_streaming_is_413_and_read_no_further(client):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1024
            yield b" " * 1024

    response = await client.post(URL, content=endless(), headers=JSON)
    _is_refusal(response, 413, "BODY_TOO_LARGE")
    assert sent <= BODY_LIMIT + 2048


@pytest.mark.parametrize(
    "parameters",
    [
        {"variables": "{}"},
        {"query": ""},
        {"query": "{ greeting }", "variables": "{"},
        {"query": "{ greeting }", "variables": "[]"},
        {"query": "{ greeting }", "variables": "7"},
        {"query": "{ greeting }", "extensions": "nothing"},
    ],
)
async def test_malformed_query_string_is_400(client, parameters):
    _is_refusal(await client.get(URL, params=parameters), 400, "BAD_REQUEST")


async def test_parts_that_are_null_or_empty_are_as_if_absent(client):
    body = {"query": "{ greeting }", "variables": None, "operationName": None, "extensions": None}
    by_post = await client.post(URL, json=body)
    unnamed = await client.post(URL, json={"query": "{ greeting }", "operationName": ""})
    named = await client.post(URL, json={"query": "query A { greeting }", "operationName": ""})
    parameters = {"query": "{ greeting }", "variables": "", "operationName": "", "extensions": ""}
    by_get = await client.get(URL, params=parameters)
    assert by_post.json() == by_get.json() == {"data": {"greeting": "Hello you!"}}
    assert unnamed.json() == named.json() == by_get.json()


async def test_integers_of_64_bits_are_read_exactly(client):
    body = {
        "query": "query ($n: String!) { greeting(name: $n) }",
        "variables": {"n": "x", "m": 2**63},
    }
    assert (await client.post(URL, json=body)).json() == {"data": {"greeting": "Hello x!"}}


@pytest.mark.parametrize("name", ["variables", "extensions"])
@pytest.mark.parametrize("values", [9_998, 9_999], ids=["within", "beyond"])
async def test_variables_have_so_many_values_and_no_more(name: str, values: int) -> None:
    content = orjson.dumps({"query": "{ me { id } }", name: {"a": [[]] * values}})
    received = {"type": "http.request", "body": content, "more_body": False}
    headers = [(b"content-type", b"application/json")]

    async def receive() -> dict[str, Any]:
        return received

    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    if values == 9_998:
        assert isinstance(await read_post(request, 1_000_000), GraphQLRequest)
    else:
        with pytest.raises(BadRequest, match=rf"^{name} has more than 10,000 values\.$"):
            await read_post(request, 1_000_000)
