"""Several operations in one request: off unless a setting says how many."""

import pytest

from tests.graphql.conftest import URL

GREETING = {"query": "{ greeting }"}


@pytest.fixture
async def client(endpoint, client_of):
    return await client_of(endpoint(batch_limit=3))


async def test_each_operation_is_answered_in_its_place(client):
    batch = [
        GREETING,
        {"query": "query ($n: String) { greeting(name: $n) }", "variables": {"n": "Ada"}},
        {"query": "query A { viewerId } query B { large }", "operationName": "A"},
    ]
    response = await client.post(URL, json=batch, headers={"authorization": "Bearer seven"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json() == [
        {"data": {"greeting": "Hello you!"}},
        {"data": {"greeting": "Hello Ada!"}},
        {"data": {"viewerId": 7}},
    ]


async def test_a_batch_of_one_is_answered_by_a_list_of_one(client):
    response = await client.post(URL, json=[GREETING])
    assert response.json() == [{"data": {"greeting": "Hello you!"}}]


async def test_no_two_operations_share_a_context(client):
    response = await client.post(URL, json=[{"query": "{ a: contextId b: contextId }"}] * 3)
    ids = [answer["data"] for answer in response.json()]
    assert all(one["a"] == one["b"] for one in ids)
    assert len({one["a"] for one in ids}) == 3


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_what_is_wrong_with_one_is_told_in_its_place_and_the_others_answer(client, accept):
    batch = [{"query": "{"}, {"query": "{ broken greeting }"}, {"query": "subscription { x }"}]
    response = await client.post(URL, json=batch, headers={"accept": accept})
    assert response.status_code == 200
    answers = response.json()
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == [
        "GRAPHQL_PARSE_FAILED",
        "INTERNAL_ERROR",
        "BAD_REQUEST",
    ]
    assert answers[2]["errors"][0]["message"] == (
        "A batch cannot hold a subscription: send it in a request of its own."
    )
    assert answers[1]["data"] == {"broken": None, "greeting": "Hello you!"}
    assert ["data" in answer for answer in answers] == [False, True, False]


async def test_a_machine_may_not_send_mutations_in_a_batch_either(client):
    batch = [{"query": "mutation { change }"}, GREETING]
    response = await client.post(URL, json=batch, headers={"authorization": "machine"})
    refused, answered = response.json()
    assert refused["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
    assert answered == {"data": {"greeting": "Hello you!"}}


@pytest.mark.parametrize(
    ("batch", "extensions"),
    [
        ([], {"code": "BAD_REQUEST"}),
        ([GREETING] * 4, {"code": "BATCH_TOO_LARGE", "limit": 3, "value": 4}),
        ([GREETING, 1], {"code": "BAD_REQUEST"}),
        ([GREETING, None], {"code": "BAD_REQUEST"}),
        ([[GREETING]], {"code": "BAD_REQUEST"}),
        ([GREETING, {}], {"code": "BAD_REQUEST"}),
        ([{**GREETING, "variables": []}], {"code": "BAD_REQUEST"}),
    ],
)
async def test_a_malformed_batch_is_refused_as_a_whole(client, batch, extensions):
    response = await client.post(URL, json=batch)
    assert response.status_code == 400
    assert list(response.json()) == ["errors"]
    assert response.json()["errors"][0]["extensions"] == extensions


async def test_credentials_that_do_not_verify_refuse_the_whole_batch(client):
    response = await client.post(URL, json=[GREETING], headers={"authorization": "Bearer x"})
    assert response.status_code == 401
    assert list(response.json()) == ["errors"]


@pytest.mark.parametrize("batch_bytes", [100, 101, 150, 195])
async def test_answers_of_a_batch_have_one_limit_together(endpoint, client_of, batch_bytes):
    """Otherwise a hundred answers of a limit each would stand in the memory at once."""
    client = await client_of(endpoint(batch_limit=100, batch_bytes=batch_bytes))
    one = {"query": '{ contextId greeting(name: "somebody with a name of some length") }'}
    alone = len((await client.post(URL, json=[one])).content) - len("[]")
    fitting = batch_bytes // alone
    assert fitting in (1, 2)
    answers = (await client.post(URL, json=[one] * 50)).json()
    assert ["data" in answer for answer in answers] == [True] * fitting + [False] * (50 - fitting)
    assert answers[fitting]["errors"] == [
        {
            "message": f"The answers of the batch are larger than {batch_bytes} bytes together: "
            "send fewer operations in one request.",
            "extensions": {"code": "ANSWER_TOO_LARGE", "limit": batch_bytes},
        }
    ]
    # One was executed to see that it does not fit; those behind it were not.
    (last,) = (await client.post(URL, json=[one])).json()
    assert last["data"]["contextId"] - answers[0]["data"]["contextId"] == fitting + 1
