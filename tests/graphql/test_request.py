"""Every malformed request is refused: 4xx, JSON, a list of errors with a code, and no data."""

import orjson
import pytest

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
    "extensions are a list": b'{"query": "{ greeting }", "extensions": [1]}',
    "NaN": b'{"query": "{ greeting }", "variables": {"x": NaN}}',
    "infinity": b'{"query": "{ greeting }", "variables": {"x": 1e999}}',
    "65 bits": b'{"query": "{ greeting }", "variables": {"x": [{"y": 18446744073709551616}]}}',
    "5,000 digits": b'{"query": "{ greeting }", "variables": {"x": ' + b"1" * 5000 + b"}}",
    "deep list": b"[" * 2000 + b"]" * 2000,
    "deep variables": b'{"query": "{ greeting }", "variables": {"x": '
    + b"[" * 1100
    + b"]" * 1100
    + b"}}",
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
    parameters = {"query": "{ greeting }", "variables": "", "operationName": "", "extensions": ""}
    by_get = await client.get(URL, params=parameters)
    assert by_post.json() == by_get.json() == {"data": {"greeting": "Hello you!"}}


async def test_integers_of_64_bits_are_read_exactly(client):
    body = {
        "query": "query ($n: String!) { greeting(name: $n) }",
        "variables": {"n": "x", "m": 2**63},
    }
    assert (await client.post(URL, json=body)).json() == {"data": {"greeting": "Hello x!"}}
