"""Nothing that is not ours is shown: an allow-list, a reference, and the rest in the log."""

import asyncio
import re
from contextlib import asynccontextmanager

import httpx
import pytest

from gateway.errors import Unavailable
from tests.graphql.conftest import SECRET, URL

SENTENCE = re.compile(
    r"Something went wrong in the gateway: report the reference (?P<reference>[0-9a-f]{32})\."
)


@pytest.mark.parametrize("field", ["broken", "brokenLater", "missing", "notANumber"])
async def test_error_that_is_not_ours_is_masked_and_logged_under_its_reference(
    client, caplog, field
):
    response = await client.post(URL, json={"query": "{ " + field + " }"})
    assert response.status_code == 200
    assert SECRET not in response.text
    (error,) = response.json()["errors"]
    reference = SENTENCE.fullmatch(error["message"])["reference"]
    assert error["extensions"] == {"code": "INTERNAL_ERROR", "reference": reference}
    assert error["path"] == [field]
    (record,) = caplog.records
    assert reference in record.getMessage()
    assert record.exc_info is not None


async def test_value_of_an_argument_that_cannot_be_used_is_shown(client, caplog):
    body = {"query": "query ($t: Int) { greeting(times: $t) }", "variables": {"t": None}}
    response = await client.post(URL, json=body)
    (error,) = response.json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert "times" in error["message"]
    assert caplog.records == []


@pytest.mark.parametrize(
    "query",
    ["{", "{ nothing }", "{ refused }", "{ greeting(times: " + "1" * 5000 + ") }"],
    ids=["syntax", "unknown field", "forbidden", "5,000 digits"],
)
async def test_errors_of_callers_are_not_logged(client, caplog, query):
    response = await client.post(URL, json={"query": query})
    assert response.json()["errors"][0]["extensions"]["code"] != "INTERNAL_ERROR"
    assert caplog.records == []


async def test_forty_concurrent_failures_leak_nothing_and_have_a_reference_each(client, caplog):
    fields = ["broken", "brokenLater", "missing", "notANumber"] * 10
    responses = await asyncio.gather(
        *(client.post(URL, json={"query": "{ " + field + " }"}) for field in fields)
    )
    references = set()
    for response in responses:
        assert SECRET not in response.text
        (error,) = response.json()["errors"]
        references.add(SENTENCE.fullmatch(error["message"])["reference"])
    assert len(references) == 40
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert all(reference in logged for reference in references)


@asynccontextmanager
async def _broken(viewer, record):
    raise RuntimeError(SECRET)
    yield


@asynccontextmanager
async def _busy(viewer, record):
    raise Unavailable("The database is busy: try again in a moment.")
    yield


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_failure_outside_any_field_is_500_and_masked(endpoint, accept):
    transport = httpx.ASGITransport(endpoint(open_operation=_broken))
    async with httpx.AsyncClient(transport=transport) as client:
        response = await client.post(
            URL, json={"query": "{ greeting }"}, headers={"accept": accept}
        )
    assert response.status_code == 500
    assert SECRET not in response.text
    answer = response.json()
    assert list(answer) == ["errors"]
    assert SENTENCE.fullmatch(answer["errors"][0]["message"])


async def test_database_that_is_busy_is_503_and_says_when_to_come_back(endpoint):
    transport = httpx.ASGITransport(endpoint(open_operation=_busy))
    async with httpx.AsyncClient(transport=transport) as client:
        response = await client.post(URL, json={"query": "{ greeting }"})
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
