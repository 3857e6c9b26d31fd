import httpx
import pytest

from tests.graphql.conftest import URL

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"

DOCUMENTS = {
    "syntax": ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
    "comment only": ({"query": "# nothing"}, "GRAPHQL_PARSE_FAILED"),
    "deep": ({"query": "{ greeting" * 300 + "}" * 300}, "GRAPHQL_PARSE_FAILED"),
    "unknown field": ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
    "wrong literal": ({"query": "{ greeting(times: true) }"}, "GRAPHQL_VALIDATION_FAILED"),
    "no operation": ({"query": "fragment F on Query { greeting }"}, "OPERATION_RESOLUTION_FAILURE"),
    "several": (
        {"query": "query A { greeting } query B { large }"},
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "other name": (
        {"query": "query A { greeting }", "operationName": "B"},
        "OPERATION_RESOLUTION_FAILURE",
    ),
    "wrong variable": (
        {"query": "query ($t: Int!) { greeting(times: $t) }", "variables": {"t": "many"}},
        "BAD_USER_INPUT",
    ),
    "missing variable": ({"query": "query ($t: Int!) { greeting(times: $t) }"}, "BAD_USER_INPUT"),
    "null variable": (
        {"query": "query ($t: Int!) { greeting(times: $t) }", "variables": {"t": None}},
        "BAD_USER_INPUT",
    ),
}


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL, 400)])
@pytest.mark.parametrize(("body", "code"), DOCUMENTS.values(), ids=DOCUMENTS)
async def test_document_that_cannot_be_executed_has_no_data(client, body, code, accept, status):
    response = await client.post(URL, json=body, headers={"accept": accept})
    assert response.status_code == status
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    answer = response.json()
    assert list(answer) == ["errors"]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {code}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_answer_is_200_in_the_media_type_asked_for(client, accept):
    response = await client.post(URL, json={"query": "{ greeting }"}, headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert response.content == b'{"data":{"greeting":"Hello you!"}}'


async def test_errors_of_fields_leave_the_status_at_200(client):
    response = await client.post(
        URL, json={"query": "{ greeting refused }"}, headers={"accept": GRAPHQL}
    )
    assert response.status_code == 200
    assert response.json() == {
        "errors": [
            {
                "message": "This is not for you.",
                "locations": [{"line": 1, "column": 12}],
                "path": ["refused"],
                "extensions": {"code": "FORBIDDEN"},
            }
        ],
        "data": {"greeting": "Hello you!", "refused": None},
    }


async def test_get_takes_the_parts_from_the_query_string(client):
    parameters = {
        "query": "query A { large } query B($n: String) { greeting(name: $n) }",
        "variables": '{"n": "Zoë"}',
        "operationName": "B",
    }
    response = await client.get(URL, params=parameters)
    assert response.json() == {"data": {"greeting": "Hello Zoë!"}}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
async def test_get_runs_no_mutation(client, accept):
    response = await client.get(
        URL, params={"query": "mutation { change }"}, headers={"accept": accept}
    )
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert response.json()["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}


async def test_mutations_run_by_post(client):
    response = await client.post(URL, json={"query": "mutation { change }"})
    assert response.json() == {"data": {"change": "changed"}}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("authorization", [None, "Bearer seven", "machine"])
@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "*/*"])
async def test_a_subscription_is_not_answered_by_json(client, method, authorization, accept):
    asked = {"query": "subscription { change }"}
    given = {"params": asked} if method == "GET" else {"json": asked}
    headers = {"accept": accept}
    if authorization is not None:
        headers["authorization"] = authorization
    response = await client.request(method, URL, headers=headers, **given)
    assert response.status_code == 406
    assert response.json() == {
        "errors": [
            {
                "message": "A subscription needs Accept: text/event-stream, "
                "Accept: multipart/mixed with subscriptionSpec=1.0, "
                "or a WebSocket with the subprotocol graphql-transport-ws.",
                "extensions": {"code": "NOT_ACCEPTABLE"},
            }
        ]
    }


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_405_and_told_which_work(client, method):
    response = await client.request(method, URL)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, POST"
    assert response.json()["errors"][0]["extensions"] == {"code": "METHOD_NOT_ALLOWED"}


@pytest.mark.parametrize("accept", ["text/plain", "image/*", f"{JSON};q=0, {GRAPHQL};q=0"])
async def test_media_type_that_is_not_written_is_406_in_json(client, accept):
    response = await client.post(URL, json={"query": "{ greeting }"}, headers={"accept": accept})
    assert response.status_code == 406
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json()["errors"][0]["extensions"] == {"code": "NOT_ACCEPTABLE"}


async def test_token_names_the_viewer(client):
    response = await client.post(
        URL, json={"query": "{ viewerId }"}, headers={"authorization": "Bearer seven"}
    )
    assert response.json() == {"data": {"viewerId": 7}}


async def test_no_token_is_an_anonymous_viewer(client):
    response = await client.post(URL, json={"query": "{ viewerId }"})
    assert response.json() == {"data": {"viewerId": None}}


@pytest.mark.parametrize(
    "headers",
    [
        [("authorization", "Bearer eight")],
        [("authorization", "")],
        [("authorization", "Bearer seven"), ("authorization", "Bearer seven")],
    ],
    ids=["not verified", "empty", "sent twice"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_credentials_that_do_not_verify_are_401_also_for_public_data(client, method, headers):
    request = (
        {"params": {"query": "{ greeting }"}}
        if method == "GET"
        else {"json": {"query": "{ greeting }"}}
    )
    response = await client.request(method, URL, headers=headers, **request)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    answer = response.json()
    assert list(answer) == ["errors"]
    assert answer["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_answers_are_not_kept_by_caches(client):
    response = await client.post(URL, json={"query": "{ greeting }"})
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["vary"] == "Accept, Authorization"


async def test_the_largest_integers_are_written_exactly(client):
    response = await client.post(URL, json={"query": "{ large }"})
    assert response.content == b'{"data":{"large":9007199254740991}}'


async def test_integers_that_javascript_would_change_are_refused(client):
    response = await client.post(URL, json={"query": "{ tooLarge }"})
    answer = response.json()
    assert answer["data"] == {"tooLarge": None}
    assert answer["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"


async def test_operation_that_takes_too_long_is_503(endpoint):
    transport = httpx.ASGITransport(endpoint(timeout_seconds=0.05))
    async with httpx.AsyncClient(transport=transport) as client:
        response = await client.post(URL, json={"query": "{ slow }"})
    assert response.status_code == 503
    error = {
        "message": "The operation took longer than 0.05 seconds.",
        "extensions": {"code": "OPERATION_TIMEOUT"},
    }
    assert response.json() == {"errors": [error]}


async def test_page_is_for_browsers_that_send_no_query(client):
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    page = await client.get(URL, headers={"accept": browser})
    answer = await client.get(URL, params={"query": "{ greeting }"}, headers={"accept": browser})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert answer.json() == {"data": {"greeting": "Hello you!"}}


async def test_examples_cannot_end_the_block_they_stand_in(client):
    page = await client.get(URL, headers={"accept": "text/html"})
    assert r'[{"title":"\u003c/script>","query":"{ greeting }","variables":{}}]' in page.text


async def test_a_machine_may_not_send_a_mutation(client):
    headers = {"authorization": "machine"}
    refused = await client.post(URL, json={"query": "mutation { change }"}, headers=headers)
    assert refused.status_code == 403
    assert list(refused.json()) == ["errors"]
    assert refused.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    query = await client.post(URL, json={"query": "{ greeting }"}, headers=headers)
    assert query.json() == {"data": {"greeting": "Hello you!"}}
